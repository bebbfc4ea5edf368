import { join, resolve, sep } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPageUrl, pageUrl, resolveAsset } from './resolve-asset';

describe('resolveAsset', () => {
  it.each([
    ['holdfast://app/', ['index.html'], 'text/html; charset=utf-8'],
    ['holdfast://app/index.html', ['index.html'], 'text/html; charset=utf-8'],
    ['holdfast://app/index.html#/hosts/nas-01', ['index.html'], 'text/html; charset=utf-8'],
    [
      'holdfast://app/assets/index-C_a1-2.js',
      ['assets', 'index-C_a1-2.js'],
      'text/javascript; charset=utf-8',
    ],
    ['holdfast://app/assets/index.css', ['assets', 'index.css'], 'text/css; charset=utf-8'],
    ['holdfast://app/assets/inter.woff2', ['assets', 'inter.woff2'], 'font/woff2'],
    ['holdfast://app/assets/logo.svg', ['assets', 'logo.svg'], 'image/svg+xml'],
  ])('serves %s', (url, segments, mimeType) => {
    expect(resolveAsset(url)).toEqual({ segments, mimeType });
  });

  it.each([
    'holdfast://app/../package.json',
    'holdfast://app/..%2fpackage.json',
    'holdfast://app/..%2F..%2Fetc/passwd.html',
    'holdfast://app/%2e%2e/main/index.cjs',
    'holdfast://app/%2e%2e%2fmain%2findex.js',
    'holdfast://app/assets/%2e%2e%5c%2e%2e%5cmain.js',
    'holdfast://app/..\\..\\main.js',
    'holdfast://app/%5c%5cserver%5cshare%5ca.js',
    'holdfast://app/%252e%252e%252fmain.js',
    'holdfast://app/index.html%00.js',
    'holdfast://app/%00',
    'holdfast://app//etc/passwd.html',
    'holdfast://app/C:/windows/win.js',
    'holdfast://app/assets/.hidden.js',
    'holdfast://app/assets/',
    'holdfast://app/assets',
    'holdfast://app/a/b/c/d/e/f/g/h/i.js',
    'holdfast://app/%ff.js',
    'holdfast://app/%zz.js',
    'holdfast://app/index.html.map',
    'holdfast://app/core.cjs',
    'holdfast://app/data.json',
    'holdfast://app/a.constructor',
    'holdfast://app/a.__proto__',
    'holdfast://user@app/index.html',
    'holdfast://app:1/index.html',
    'holdfast://other/index.html',
    'holdfast://app.example/index.html',
    'holdfast:index.html',
    'https://app/index.html',
    'file:///etc/passwd.html',
    'not a url',
    '',
  ])('refuses %s', (url) => {
    expect(resolveAsset(url)).toBeNull();
  });

  it('never leaves the folder of the page', () => {
    const root = resolve('/srv/page');
    const nasty = fc.constantFrom(
      '..',
      '.',
      '/',
      '\\',
      '%2e',
      '%2f',
      '%5c',
      '%00',
      '%25',
      ':',
      'a',
      'index',
      '.js',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(nasty, fc.string()), { maxLength: 12 }), (parts) => {
        const asset = resolveAsset(`holdfast://app/${parts.join('')}`);
        if (asset === null) return;
        const path = resolve(join(root, ...asset.segments));
        expect(path.startsWith(root + sep)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('isPageUrl', () => {
  it.each(['holdfast://app/', 'holdfast://app/index.html', 'holdfast://app/index.html#/audit'])(
    'takes %s',
    (url) => expect(isPageUrl(url, pageUrl)).toBe(true),
  );

  it.each([
    'holdfast://app/assets/index.js',
    'holdfast://app/index.html?x=1',
    'holdfast://app.evil.example/index.html',
    'holdfast://app@evil.example/index.html',
    'holdfast://user@app/index.html',
    'holdfast://evil/index.html',
    'https://app/index.html',
    'javascript:alert(1)',
    'data:text/html,holdfast://app/index.html',
    'file:///index.html',
    'about:blank',
    'nonsense',
  ])('refuses %s', (url) => expect(isPageUrl(url, pageUrl)).toBe(false));
});
