import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveAsset } from './resolve-asset';

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
  'Cache-Control': 'no-cache',
};

export interface PageAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

const refuse = (status: number): PageAnswer => ({
  status,
  headers: { ...securityHeaders, 'Content-Type': 'text/plain' },
  body: Buffer.alloc(0),
});

/** A file of the page from `pageDirectory`, reading only, and nothing else. Never throws. */
export async function answerPageRequest(
  pageDirectory: string,
  request: { method: string; url: string },
): Promise<PageAnswer> {
  if (request.method !== 'GET') return refuse(405);
  const asset = resolveAsset(request.url);
  if (asset === null) return refuse(404);
  try {
    const body = await readFile(join(pageDirectory, ...asset.segments));
    return { status: 200, headers: { ...securityHeaders, 'Content-Type': asset.mimeType }, body };
  } catch (thrown) {
    // A missing file and a folder alike; whatever else keeps us from reading is a server's fault.
    const { code } = thrown as NodeJS.ErrnoException;
    return refuse(code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR' ? 404 : 500);
  }
}
