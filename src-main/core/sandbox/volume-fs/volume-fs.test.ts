import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostOf } from '../../ssh/testing/fake-host';
import type { VolumeFs } from './change';
import { startVolumeBox, type VolumeBox } from './testing/volume-box';

/** Each word of the tool that a test expects is in the captures of `VolumeFs` of microsandbox 0.7.2. */
let volume: VolumeBox;
beforeEach(async () => {
  volume = await startVolumeBox();
});
afterEach(() => volume.close());

const use = <T>(work: (fs: VolumeFs) => Promise<T>): Promise<T> => volume.use(work);
const at = (...parts: string[]): string => join(volume.root, ...parts);
const put = (path: string, content: string | Buffer = 'x'): void => {
  const folders = path.split('/').slice(0, -1);
  folders.forEach((_, index) => {
    const folder = at(...folders.slice(0, index + 1));
    if (existsSync(folder)) return;
    mkdirSync(folder);
    volume.own(folder);
  });
  writeFileSync(at(path), content);
  volume.own(at(path));
};
async function* pieces(...parts: Buffer[]): AsyncGenerator<Buffer> {
  yield* parts;
}
const outside = /path traversal outside volume root/;

describe('reading a volume', () => {
  it('lists what is directly in a folder, with kind, size, mode, owner and times, and links as links', async () => {
    put('a/b/c.txt', 'hello');
    put('a/top.bin', Buffer.alloc(7));
    symlinkSync('top.bin', at('a', 'link'));
    symlinkSync('/etc/passwd', at('a', 'theft'));
    const entries = await use((fs) => fs.list('/a'));
    const byName = new Map(entries.map((entry) => [entry.name, entry]));
    expect([...byName.keys()].sort()).toEqual(['b', 'link', 'theft', 'top.bin']);
    const real = statSync(at('a', 'top.bin'));
    expect(byName.get('top.bin')).toMatchObject({
      path: '/a/top.bin',
      kind: 'file',
      sizeBytes: 7,
      mode: real.mode,
      uid: real.uid,
      gid: real.gid,
      modifiedSeconds: Math.floor(real.mtimeMs / 1000),
      accessedSeconds: Math.floor(real.atimeMs / 1000),
    });
    expect(byName.get('b')?.kind).toBe('folder');
    expect(byName.get('link')?.kind).toBe('link');
    expect(byName.get('theft')?.kind).toBe('link');
    await expect(use((fs) => fs.list('/a/top.bin'))).rejects.toThrow(/Not a directory/);
    await expect(use((fs) => fs.list('/missing'))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('tells kind, size, owner and whether a file is read-only', async () => {
    put('open');
    put('shut');
    chmodSync(at('shut'), 0o444);
    expect(await use((fs) => fs.stat('/open'))).toMatchObject({
      kind: 'file',
      sizeBytes: 1,
      readOnly: false,
    });
    expect(await use((fs) => fs.stat('/shut'))).toMatchObject({ mode: 0o100444, readOnly: true });
    expect(await use((fs) => fs.stat('/'))).toMatchObject({ kind: 'folder' });
    symlinkSync('open', at('link'));
    expect(await use((fs) => fs.stat('/link'))).toMatchObject({ kind: 'link' });
  });

  it('says false, and no error, for what is not there', async () => {
    put('a/file');
    for (const [path, there] of [
      ['/a/file', true],
      ['/a', true],
      ['/', true],
      ['/a/other', false],
      ['/x/y/z', false],
      ['/a/file/below', false],
    ] as const) {
      expect(await use((fs) => fs.exists(path)), path).toBe(there);
    }
  });

  it('reads bytes and text, and refuses text that is no UTF-8 and what is too large', async () => {
    put('text', 'grüße\n');
    put('bytes', Buffer.from([0xff, 0xfe, 0x00]));
    put('large', Buffer.alloc(5000));
    expect(await use((fs) => fs.readToString('text', 1000))).toBe('grüße\n');
    expect([...(await use((fs) => fs.read('bytes', 1000)))]).toEqual([0xff, 0xfe, 0x00]);
    await expect(use((fs) => fs.readToString('bytes', 1000))).rejects.toThrow(/did not contain valid UTF-8/);
    await expect(use((fs) => fs.read('large', 1000))).rejects.toMatchObject({ code: 'output-too-large' });
    await expect(use((fs) => fs.read('/', 1000))).rejects.toThrow(/Is a directory/);
  });

  it('streams a file in order in chunks of at most 65536 bytes, whatever its length', async () => {
    for (const length of [0, 1, 65535, 65536, 65537, 3_000_000]) {
      const content = randomBytes(length);
      put('f', content);
      const sizes: number[] = [];
      const got: Buffer[] = [];
      await use((fs) =>
        fs.readStream('f', async ({ sizeBytes, chunks }) => {
          expect(sizeBytes).toBe(length);
          for await (const chunk of chunks) {
            sizes.push(chunk.length);
            got.push(Buffer.from(chunk));
          }
        }),
      );
      expect(Buffer.concat(got).equals(content), String(length)).toBe(true);
      expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(65536);
    }
  });
});

describe('changing a volume', () => {
  it('writes with the folders on the way, overwrites, keeps the mode of what it replaces, and leaves no .part', async () => {
    await use((fs) => fs.write('/new/deep/f.txt', Buffer.from('one')));
    expect(readFileSync(at('new/deep/f.txt'), 'utf8')).toBe('one');
    expect(statSync(at('new/deep/f.txt')).mode & 0o777).toBe(0o644);
    chmodSync(at('new/deep/f.txt'), 0o600);
    await use((fs) => fs.write('/new/deep/f.txt', Buffer.from('2')));
    expect(readFileSync(at('new/deep/f.txt'), 'utf8')).toBe('2');
    expect(statSync(at('new/deep/f.txt')).mode & 0o777).toBe(0o600);
    expect(readdirSync(at('new/deep'))).toEqual(['f.txt']);
    await expect(use((fs) => fs.write('/new', Buffer.from('x')))).rejects.toThrow(/Is a directory/);
  });

  it('writes streams of any chunks byte for byte, zeros as holes', async () => {
    const parts = [randomBytes(10), Buffer.alloc(400_000), randomBytes(200_001), Buffer.alloc(1_000_000)];
    const done: number[] = [];
    const written = await use((fs) =>
      fs.writeStream('s', pieces(...parts), { onProgress: (bytes) => done.push(bytes) }),
    );
    const whole = Buffer.concat(parts);
    expect(written).toBe(whole.length);
    expect(readFileSync(at('s')).equals(whole)).toBe(true);
    expect(done.at(-1)).toBe(whole.length);
    expect(statSync(at('s')).blocks * 512).toBeLessThan(whole.length / 2);
  });

  it('leaves what was there, and no .part, when a stream fails or is cancelled half-way', async () => {
    put('f', 'before');
    const abort = new AbortController();
    async function* endless(): AsyncGenerator<Buffer> {
      for (let count = 0; ; count += 1) {
        if (count === 100) abort.abort();
        yield randomBytes(64 * 1024);
      }
    }
    await expect(use((fs) => fs.writeStream('f', endless(), { signal: abort.signal }))).rejects.toMatchObject(
      { code: 'cancelled' },
    );
    async function* broken(): AsyncGenerator<Buffer> {
      yield randomBytes(500_000);
      throw new Error('The disk of the laptop broke.');
    }
    await expect(use((fs) => fs.writeStream('f', broken()))).rejects.toThrow(/laptop broke/);
    expect(readdirSync(volume.root)).toEqual(['f']);
    expect(readFileSync(at('f'), 'utf8')).toBe('before');
  });

  it('leaves only the .part when the connection is lost, does not know the outcome, and overwrites it next time', async () => {
    put('f', 'before');
    async function* cut(): AsyncGenerator<Buffer> {
      for (let count = 0; ; count += 1) {
        if (count === 50) volume.server.drop();
        yield randomBytes(64 * 1024);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    await expect(use((fs) => fs.writeStream('f', cut()))).rejects.toMatchObject({ code: 'outcome-unknown' });
    expect(readdirSync(volume.root).sort()).toEqual(['f', 'f.part']);
    expect(readFileSync(at('f'), 'utf8')).toBe('before');
    await use((fs) => fs.write('f', Buffer.from('after')));
    expect(readdirSync(volume.root)).toEqual(['f']);
    expect(readFileSync(at('f'), 'utf8')).toBe('after');
  });

  it('makes folders with those on the way, again without error, and not over a file', async () => {
    await use((fs) => fs.mkdir('/a/b/c'));
    await use((fs) => fs.mkdir('/a/b/c'));
    await use((fs) => fs.mkdir('/'));
    expect(statSync(at('a/b/c')).isDirectory()).toBe(true);
    put('file');
    await expect(use((fs) => fs.mkdir('/file'))).rejects.toThrow(/File exists/);
    await expect(use((fs) => fs.mkdir('/file/x'))).rejects.toThrow(/Not a directory/);
  });

  it('removes one file or link, not what the link leads to, and no folder', async () => {
    put('f');
    put('kept');
    symlinkSync('kept', at('link'));
    await use((fs) => fs.remove('/f'));
    await use((fs) => fs.remove('/link'));
    expect(readdirSync(volume.root)).toEqual(['kept']);
    await use((fs) => fs.mkdir('d'));
    await expect(use((fs) => fs.remove('/d'))).rejects.toThrow(/Is a directory/);
    await expect(use((fs) => fs.remove('/gone'))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('removes folders with all that is in them, without following links out', async () => {
    writeFileSync(join(volume.box, 'precious'), 'outside');
    for (let count = 0; count < 60; count += 1) put(`d/sub-${count % 4}/f${count}`);
    symlinkSync(volume.box, at('d', 'up'));
    symlinkSync('../../../precious', at('d/sub-0', 'out'));
    const seen: number[] = [];
    const removed = await use((fs) => fs.removeDir('/d', { onProgress: (count) => seen.push(count) }));
    expect(removed).toBe(60 + 4 + 2 + 1);
    expect(seen.at(-1)).toBe(removed);
    expect(readdirSync(volume.root)).toEqual([]);
    expect(readFileSync(join(volume.box, 'precious'), 'utf8')).toBe('outside');
  });

  it('never removes, renames or overwrites the root, however it is written', async () => {
    put('kept');
    for (const path of ['', '/', '/.', './/']) {
      await expect(use((fs) => fs.removeDir(path))).rejects.toThrow(
        'remove_dir cannot target the volume root',
      );
      await expect(use((fs) => fs.remove(path))).rejects.toThrow(/cannot target the volume root/);
      await expect(use((fs) => fs.rename(path, '/x'))).rejects.toThrow(/cannot target the volume root/);
      await expect(use((fs) => fs.rename('/kept', path))).rejects.toThrow(/cannot target the volume root/);
      await expect(use((fs) => fs.write(path, Buffer.from('x')))).rejects.toThrow(/cannot target/);
    }
    await expect(use((fs) => fs.removeDir('/kept'))).rejects.toThrow(/Not a directory/);
    expect(readdirSync(volume.root)).toEqual(['kept']);
  });

  it('copies single files on the host, with the folders on the way, over what was there', async () => {
    const content = randomBytes(700_000);
    put('from', content);
    chmodSync(at('from'), 0o750);
    put('to/there', 'old');
    expect(await use((fs) => fs.copy('/from', '/new/copy'))).toBe(content.length);
    await use((fs) => fs.copy('/from', '/to/there'));
    expect(readFileSync(at('new/copy')).equals(content)).toBe(true);
    expect(readFileSync(at('to/there')).equals(content)).toBe(true);
    expect(statSync(at('new/copy')).mode & 0o777).toBe(0o750);
    symlinkSync('from', at('link'));
    await use((fs) => fs.copy('/link', '/through-the-link'));
    expect(readFileSync(at('through-the-link')).equals(content)).toBe(true);
    await expect(use((fs) => fs.copy('/to', '/x'))).rejects.toThrow(/neither a regular file/);
    await expect(use((fs) => fs.copy('/from', '/to'))).rejects.toThrow(/Is a directory/);
    await expect(use((fs) => fs.copy('/from', '/from'))).rejects.toThrow(/onto itself/);
    await expect(use((fs) => fs.copy('/gone', '/x'))).rejects.toMatchObject({ code: 'not-found' });
    expect(readdirSync(at('to'))).toEqual(['there']);
  });

  it('renames files and folders, with the folders on the way, over a file and over no folder', async () => {
    put('d/f', 'moved');
    put('old', 'old');
    await use((fs) => fs.rename('/d', '/new/place/d2'));
    expect(readFileSync(at('new/place/d2/f'), 'utf8')).toBe('moved');
    await use((fs) => fs.rename('/new/place/d2/f', '/old'));
    expect(readFileSync(at('old'), 'utf8')).toBe('moved');
    await expect(use((fs) => fs.rename('/old', '/new'))).rejects.toThrow(/Is a directory/);
    await expect(use((fs) => fs.rename('/new', '/old'))).rejects.toThrow(/Not a directory/);
    await expect(use((fs) => fs.rename('/new', '/new/inside/itself'))).rejects.toThrow(/into itself/);
    symlinkSync('/etc/passwd', at('theft'));
    await use((fs) => fs.rename('/theft', '/still-a-link'));
    expect(readlinkSync(at('still-a-link'))).toBe('/etc/passwd');
  });
});

describe('the guard of a volume', () => {
  /** Ways out of the volume, each to `precious` or the folder that holds it. */
  const escapes: Record<string, () => string> = {
    'two dots': () => '../../precious',
    'two dots in the middle': () => 'a/../../../precious',
    'a link to a file outside': () => {
      symlinkSync('../../precious', at('theft'));
      return 'theft';
    },
    'an absolute link': () => {
      symlinkSync(join(volume.box, 'precious'), at('abs'));
      return 'abs';
    },
    'a file behind a link to a folder outside': () => {
      symlinkSync(volume.box, at('up'));
      return 'up/precious';
    },
    'a chain of links': () => {
      symlinkSync('two', at('one'));
      symlinkSync(volume.box, at('two'));
      return 'one/precious';
    },
    'a folder named like the volume': () => {
      mkdirSync(`${volume.root}-other`);
      writeFileSync(`${volume.root}-other/precious`, 'outside');
      symlinkSync('../data-other', at('sibling'));
      return 'sibling/precious';
    },
  };

  it.each(Object.keys(escapes))('refuses every operation by %s', async (name) => {
    writeFileSync(join(volume.box, 'precious'), 'outside');
    put('mine');
    const path = escapes[name]?.() ?? '';
    const behindFolder = path.includes('/');
    const attempts: [string, (fs: VolumeFs) => Promise<unknown>][] = [
      ['stat', (fs) => fs.stat(path)],
      ['read', (fs) => fs.read(path, 100)],
      ['readToString', (fs) => fs.readToString(path, 100)],
      ['readStream', (fs) => fs.readStream(path, async () => undefined)],
      ['exists', (fs) => fs.exists(path)],
      ['list', (fs) => fs.list(path)],
      ['copy from', (fs) => fs.copy(path, '/x')],
      // The name itself may be a link: what replaces, removes or renames it never goes through it.
      ...(behindFolder
        ? ([
            ['write', (fs) => fs.write(path, Buffer.from('x'))],
            ['writeStream', (fs) => fs.writeStream(path, pieces(Buffer.from('x')))],
            ['mkdir', (fs) => fs.mkdir(path)],
            ['mkdir below', (fs) => fs.mkdir(`${path}-new/deep`)],
            ['remove', (fs) => fs.remove(path)],
            ['removeDir', (fs) => fs.removeDir(path)],
            ['copy to', (fs) => fs.copy('/mine', path)],
            ['rename from', (fs) => fs.rename(path, '/x')],
            ['rename to', (fs) => fs.rename('/mine', path)],
          ] as [string, (fs: VolumeFs) => Promise<unknown>][])
        : []),
    ];
    for (const [what, attempt] of attempts) {
      await expect(use(attempt), what).rejects.toThrow(outside);
    }
    expect(readFileSync(join(volume.box, 'precious'), 'utf8')).toBe('outside');
    expect(readdirSync(volume.box).sort()).toEqual(['precious', 'volumes']);
  });

  it('replaces a link that leads out instead of writing through it, also one by the name of the .part', async () => {
    writeFileSync(join(volume.box, 'precious'), 'outside');
    symlinkSync(join(volume.box, 'precious'), at('f'));
    symlinkSync(join(volume.box, 'precious'), at('f.part'));
    await use((fs) => fs.write('/f', Buffer.from('inside')));
    expect(readFileSync(join(volume.box, 'precious'), 'utf8')).toBe('outside');
    expect(readFileSync(at('f'), 'utf8')).toBe('inside');
    expect(readdirSync(volume.root)).toEqual(['f']);
  });

  it('follows links that stay inside', async () => {
    put('real/f', 'inside');
    symlinkSync('real', at('alias'));
    expect(await use((fs) => fs.readToString('/alias/f', 100))).toBe('inside');
    await use((fs) => fs.write('/alias/g', Buffer.from('2')));
    expect(readFileSync(at('real/g'), 'utf8')).toBe('2');
    await use((fs) => fs.remove('/alias/f'));
    expect(readdirSync(at('real'))).toEqual(['g']);
  });

  it('opens no folder for changes that is none of a volume, also by a link that has such a name', async () => {
    symlinkSync('/etc', join(volume.box, 'volumes', 'way'));
    for (const folder of [volume.box, '/etc', join(volume.box, 'volumes', 'way')]) {
      await expect(
        volume.pool.changeFiles(hostOf(volume.server), folder, async () => undefined),
        folder,
      ).rejects.toMatchObject({ code: 'refused' });
    }
  });

  it('does not hide what the login may not read', async () => {
    put('locked/f');
    chmodSync(at('locked'), 0o000);
    await expect(use((fs) => fs.list('/locked'))).rejects.toMatchObject({ code: 'unauthorized' });
    const entries = await use((fs) => fs.list('/'));
    expect(entries).toMatchObject([{ name: 'locked', kind: 'folder' }]);
    chmodSync(at('locked'), 0o755);
  });

  it('says who may change what cannot be changed', async () => {
    put('d/f');
    chmodSync(at('d'), 0o555);
    await expect(use((fs) => fs.write('/d/new', Buffer.from('x')))).rejects.toMatchObject({
      code: 'unauthorized',
      remedy: expect.stringContaining('without sudo'),
    });
    await expect(use((fs) => fs.remove('/d/f'))).rejects.toMatchObject({ code: 'unauthorized' });
    chmodSync(at('d'), 0o755);
  });

  it('ends a long change when asked, and says how far it came by what is left', async () => {
    put('sparse');
    truncateSync(at('sparse'), 3 * 1024 ** 3);
    const abort = new AbortController();
    await expect(
      use((fs) => fs.copy('/sparse', '/copy', { signal: abort.signal, onProgress: () => abort.abort() })),
    ).rejects.toMatchObject({ code: 'cancelled' });
    expect(readdirSync(volume.root)).toEqual(['sparse']);
  });
});
