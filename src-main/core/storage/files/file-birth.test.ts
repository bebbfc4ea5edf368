import { describe, expect, it } from 'vitest';
import { parseFileBirth } from './file-birth';

describe('when a file was made', () => {
  it('is read with what tells one file from another', () => {
    expect(parseFileBirth('1795410000/81a4/7/1000/100/1795410100\n')).toEqual({
      bornSeconds: 1_795_410_000,
      mode: 0o100644,
      sizeBytes: 7,
      uid: 1000,
      gid: 100,
      changedSeconds: 1_795_410_100,
    });
  });

  it.each(['0', '-'])('is not known where stat says %s', (born) => {
    expect(parseFileBirth(`${born}/41ed/4096/0/0/-5\n`)).toMatchObject({
      bornSeconds: null,
      changedSeconds: -5,
    });
  });

  it.each(['', '1795410000/81a4/7/1000/100\n', '1795410000/81a4/7/1000/100/1795410100', 'a/81a4/7/1/1/1\n'])(
    'is an error in %j',
    (stdout) => {
      expect(() => parseFileBirth(stdout)).toThrow(expect.objectContaining({ code: 'unexpected-output' }));
    },
  );
});
