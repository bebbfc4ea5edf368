/** Where the page lives: `holdfast://app/`. */
export const scheme = 'holdfast';
export const pageHost = 'app';
export const pageOrigin = `${scheme}://${pageHost}`;
export const pageUrl = `${pageOrigin}/index.html`;

/** Kinds the build produces; a file of any other kind is not served. */
const mimeTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  woff2: 'font/woff2',
  woff: 'font/woff',
};

/** Names the bundler writes. No leading dot, so neither `..` nor a hidden file can be named. */
const segmentPattern = /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,127}$/;
const maximumSegments = 8;

export interface Asset {
  /** Below the folder of the page, never out of it. */
  segments: string[];
  mimeType: string;
}

/**
 * The file a request names, or null for all that is not plainly one of ours.
 *
 * SECURITY: an allow-list of characters, not a search for `..`: what is left after one decoding must be plain
 * names. `%2e%2e`, `%2f`, `%5c`, `%00`, doubled encodings, backslashes, drive letters and device names with a
 * colon all hold a character outside of it.
 */
export function resolveAsset(requestUrl: string): Asset | null {
  let url: URL;
  let path: string;
  try {
    url = new URL(requestUrl);
    path = decodeURIComponent(url.pathname);
  } catch {
    return null;
  }
  if (url.protocol !== `${scheme}:` || url.host !== pageHost) return null;
  if (url.username !== '' || url.password !== '') return null;
  if (!path.startsWith('/')) return null;
  const segments = path === '/' ? ['index.html'] : path.slice(1).split('/');
  if (segments.length > maximumSegments) return null;
  if (!segments.every((segment) => segmentPattern.test(segment))) return null;
  const extension = segments[segments.length - 1]?.split('.').pop() ?? '';
  const mimeType = Object.hasOwn(mimeTypes, extension) ? mimeTypes[extension] : undefined;
  return mimeType === undefined ? null : { segments, mimeType };
}

/** True for the page itself; a change of the part after `#` is the page's own routing. */
export function isPageUrl(target: string, page: string): boolean {
  try {
    const [url, own] = [new URL(target), new URL(page)];
    const same = url.protocol === own.protocol && url.host === own.host && url.search === own.search;
    return same && url.username === '' && [own.pathname, '/'].includes(url.pathname);
  } catch {
    return false;
  }
}
