import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerPageRequest, contentSecurityPolicy } from './answer-request';

let folder: string;
let page: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-page-'));
  page = join(folder, 'page');
  mkdirSync(join(page, 'assets', 'folder.js'), { recursive: true });
  writeFileSync(join(page, 'index.html'), '<!doctype html>');
  writeFileSync(join(page, 'assets', 'a.js'), 'export {};');
  writeFileSync(join(page, 'assets', 'a.map'), '{}');
  writeFileSync(join(folder, 'secret.html'), 'secret');
  symlinkSync('loop.js', join(page, 'loop.js'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ask = (path: string, method = 'GET') =>
  answerPageRequest(page, { method, url: `holdfast://app/${path}` });

describe('answerPageRequest', () => {
  it('serves the page with its policy', async () => {
    const { status, headers, body } = await ask('');
    expect(status).toBe(200);
    expect(body.toString()).toBe('<!doctype html>');
    expect(headers).toMatchObject({
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': contentSecurityPolicy,
      'X-Content-Type-Options': 'nosniff',
    });
    expect((await ask('assets/a.js')).headers['Content-Type']).toBe('text/javascript; charset=utf-8');
  });

  it.each(['missing.js', 'assets/a.map', 'assets/folder.js', 'assets', '..%2fsecret.html', 'a.js/b.js'])(
    'has nothing at %s, and says so under the same policy',
    async (path) => {
      const { status, headers, body } = await ask(path);
      expect([status, body.length]).toEqual([404, 0]);
      expect(headers['Content-Security-Policy']).toBe(contentSecurityPolicy);
    },
  );

  it('owns up to a file it cannot read', async () => {
    expect((await ask('loop.js')).status).toBe(500);
  });

  it.each(['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'get'])('refuses %s', async (method) => {
    expect((await ask('index.html', method)).status).toBe(405);
  });

  it('keeps the policy free of holes', () => {
    expect(contentSecurityPolicy).toContain("default-src 'none'");
    expect(contentSecurityPolicy).toMatch(/script-src 'self';/);
    expect(contentSecurityPolicy).not.toMatch(/unsafe-eval|https?:|\*|blob:/);
    // Directives whose names end in a colon are ignored by browsers.
    for (const directive of contentSecurityPolicy.split('; ')) expect(directive).toMatch(/^[a-z-]+ \S/);
  });
});
