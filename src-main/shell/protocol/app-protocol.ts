import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { protocol } from 'electron';
import { resolveAsset, scheme } from './resolve-asset';

/**
 * SECURITY: sent as a header, so that it holds from the first byte and no markup can come before it.
 * `style-src 'unsafe-inline'`: Mantine writes its theme variables into style elements. `data:` images: small ones
 * are inlined by the build. There is nothing the page may connect to.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
].join('; ');

const securityHeaders = {
  'Content-Security-Policy': contentSecurityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** Before the app is ready. `codeCache` is known from Electron 28 on; 25 ignores it. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

const refuse = (status: number): Response =>
  new Response(null, { status, headers: { ...securityHeaders, 'Content-Type': 'text/plain' } });

/** Serves the built page from `pageDirectory`, reading only, and nothing else. */
export function serveApp(pageDirectory: string): void {
  protocol.handle(scheme, async (request) => {
    if (request.method !== 'GET') return refuse(405);
    const asset = resolveAsset(request.url);
    if (asset === null) return refuse(404);
    try {
      const body = await readFile(join(pageDirectory, ...asset.segments));
      return new Response(new Uint8Array(body), {
        headers: { ...securityHeaders, 'Content-Type': asset.mimeType, 'Cache-Control': 'no-cache' },
      });
    } catch (thrown) {
      // A missing file and a folder alike; whatever else keeps us from reading is a server's fault.
      const code = (thrown as NodeJS.ErrnoException).code;
      return refuse(code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR' ? 404 : 500);
    }
  });
}
