import { protocol } from 'electron';
import { answerPageRequest } from './answer-request';
import { scheme } from './resolve-asset';

/** Before the app is ready. `codeCache` is known from Electron 28 on; 25 ignores it. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

/**
 * Electron 25.1 makes a stream of every answer of `protocol.handle`, and that stream stalls now and then: measured,
 * 4 of 100 starts never finished loading. Its buffer protocol has no stream. Newer ones deprecate that.
 */
const streamsStall = Number.parseInt(process.versions.electron, 10) <= 25;

/** Serves the built page from `pageDirectory` over `holdfast://app/`. */
export function serveApp(pageDirectory: string): void {
  if (streamsStall) {
    protocol.registerBufferProtocol(scheme, (request, respond) => {
      void answerPageRequest(pageDirectory, request).then(({ status, headers, body }) => {
        respond({ statusCode: status, headers, mimeType: headers['Content-Type'], data: body });
      });
    });
    return;
  }
  protocol.handle(scheme, async (request) => {
    const { status, headers, body } = await answerPageRequest(pageDirectory, request);
    return new Response(new Uint8Array(body), { status, headers });
  });
}
