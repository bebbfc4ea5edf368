import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anchorsOf, brokenLinks, markdownFiles } from './links.mjs';
import { root } from './workspace.mjs';

describe('the Markdown files of the project', () => {
  const files = markdownFiles(root);

  it('are found', () => {
    expect(files).toEqual(expect.arrayContaining(['README.md', 'docs/architecture.md', 'e2e/lab/README.md']));
  });

  it.each(files)('%s leads somewhere with each link', (file) => {
    expect(brokenLinks(root, file)).toEqual([]);
  });
});

describe('brokenLinks', () => {
  let folder;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-links-'));
    mkdirSync(join(folder, 'docs'));
    writeFileSync(join(folder, 'docs', 'b.md'), '# One & two\n\n## `npm run x`: what\n\n# One & two\n');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const broken = (text) => {
    writeFileSync(join(folder, 'a.md'), text);
    return brokenLinks(folder, 'a.md');
  };

  it('names files and anchors that are not there', () => {
    expect(
      broken('[x](docs/c.md) ![y](docs/z.png) [z](docs/b.md#three) [w](#here)\n\n[r]: docs/d.md\n'),
    ).toEqual(['docs/c.md', 'docs/z.png', 'docs/b.md#three', '#here', 'docs/d.md']);
    expect(broken('See `docs/gone.md`.')).toEqual(['docs/gone.md']);
  });

  it('takes what is there, what lies elsewhere, and what is no link', () => {
    expect(
      broken('# Here\n[a](docs/b.md) [b](docs/b.md#one--two-1) [c](#here) [d](https://example.org/x)'),
    ).toEqual([]);
    expect(broken('`[a](b.md)`\n\n```md\n[a](b.md)\n# Not here\n```\nSee `docs/b.md`.')).toEqual([]);
  });

  it('makes anchors as GitHub does', () => {
    expect([...anchorsOf('# One & two\n## `npm run x`: what\n# One & two\n')]).toEqual([
      'one--two',
      'npm-run-x-what',
      'one--two-1',
    ]);
  });
});
