import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkBelow, isVolumeRoot } from '../../ssh/remote-changes';
import { isInside, partsOf, shownPath } from './guard';

const root = '/home/admin/.microsandbox/volumes/data';
/** Names as they come: dots, blanks, backslashes, other scripts. */
const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((text) => !/[/\0]/.test(text) && text !== '.' && text !== '..' && Buffer.byteLength(text) <= 255);
const noise = fc.constantFrom('', '.');

describe('the path guard', () => {
  it('takes a leading slash as the root of the volume', () => {
    expect(partsOf('/etc/passwd')).toEqual(['etc', 'passwd']);
    for (const path of ['', '/', '/.', '././/']) expect(partsOf(path)).toEqual([]);
    expect(shownPath([])).toBe('/');
  });

  it('gives the same place however a path without .. is written', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(noise, name), { maxLength: 8 }), fc.boolean(), (steps, leading) => {
        const parts = steps.map(([, part]) => part);
        const path = `${leading ? '/' : ''}${steps.flat().join('/')}`;
        expect(partsOf(path)).toEqual(parts);
        expect(partsOf(shownPath(parts))).toEqual(parts);
      }),
    );
  });

  it('refuses .. wherever it stands, in the words of the tool', () => {
    fc.assert(
      fc.property(fc.array(name, { maxLength: 5 }), fc.nat(5), (parts, at) => {
        const path = parts.toSpliced(at, 0, '..').join('/');
        expect(() => partsOf(path)).toThrow(/^path traversal outside volume root/);
      }),
    );
  });

  it('gives nothing that lies elsewhere once it is joined to the root', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', '..', '.', '', '...', '..a', 'b c', '~', '\\..'), { maxLength: 9 }),
        (steps) => {
          let parts: string[];
          try {
            parts = partsOf(steps.join('/'));
          } catch {
            return steps.includes('..');
          }
          const whole = [root, ...parts].join('/');
          if (parts.length > 0) checkBelow(root, whole);
          return isInside(root, whole);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('does not take a folder whose name begins like the volume for a part of it', () => {
    expect(isInside(root, root)).toBe(true);
    expect(isInside(root, `${root}/a`)).toBe(true);
    expect(isInside(root, `${root}-other/a`)).toBe(false);
    expect(isInside(root, '/home/admin/.microsandbox/volumes')).toBe(false);
    expect(isInside(root, '/')).toBe(false);
  });

  it('refuses bytes and lengths that are no path', () => {
    expect(() => partsOf('a\0b')).toThrow();
    expect(() => partsOf('x'.repeat(256))).toThrow(/255/);
    expect(() => partsOf('ü'.repeat(128))).toThrow(/255/);
    expect(() => partsOf('a/'.repeat(2100))).toThrow();
  });
});

describe('the last look before a change leaves', () => {
  it('lets only what lies below the root through, by its letters', () => {
    for (const path of [
      root,
      `${root}/`,
      `${root}/../cache/x`,
      `${root}/a/../../x`,
      `${root}/./a`,
      `${root}//a`,
      `${root}-other/a`,
      '/etc/passwd',
      `${root}/a\0b`,
      'a',
      '',
    ]) {
      expect(() => checkBelow(root, path), path).toThrow(/nothing was sent/);
    }
    expect(() => checkBelow(root, `${root}/a/..b/c`)).not.toThrow();
  });

  it('knows folders of volumes by their shape', () => {
    for (const path of [root, '/volumes/a', '/srv/msb home/volumes/x.1']) {
      expect(isVolumeRoot(path), path).toBe(true);
    }
    for (const path of [
      '/',
      '/home/admin',
      '/home/admin/.microsandbox/volumes',
      '/home/admin/.microsandbox/volumes/.locks',
      '/etc/volumes/../x',
      '/a/../volumes/x',
      'volumes/x',
      `${root}/deeper`,
      `${root}\n`,
    ]) {
      expect(isVolumeRoot(path), path).toBe(false);
    }
  });
});
