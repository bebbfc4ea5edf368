import { describe, expect, it } from 'vitest';
import { duplicateIds, filesMeant, holdsTitle, parseRows, problemsOfRow, testsIn } from './requirements.mjs';

const files = [
  'src-main/core/storage/lvm/index.ts',
  'src-main/core/storage/lvm/index.test.ts',
  'src-main/core/storage/zfs/index.test.ts',
  'e2e/tour.spec.ts',
];
const texts = {
  'src-main/core/storage/lvm/index.test.ts': `it('detects LVM by vgs and lvs', () => {}); it('says "no" \\'once\\'', f)`,
  'src-main/core/storage/zfs/index.test.ts': `it('detects ZFS', () => {})`,
  'e2e/tour.spec.ts': '',
};
const row = (line) => parseRows(line)[0];
const problems = (line) => problemsOfRow(row(line), files, (file) => texts[file]);

describe('parseRows', () => {
  it('takes rows with an id and leaves out header, rule and prose', () => {
    const rows = parseRows(
      '# R\n| id | state | where | test |\n| --- | --- | --- | --- |\n| Q11 | done | a.ts | b |\n| text | x |\n',
    );
    expect(rows).toEqual([{ number: 4, id: 'Q11', state: 'done', where: 'a.ts', test: 'b', extraCells: 0 }]);
  });

  it('keeps an escaped bar inside its cell', () => {
    expect(row('| Q1 | partly | `a \\| b` | c |').where).toBe('`a | b`');
  });
});

describe('problemsOfRow', () => {
  it('finds nothing wrong with a row whose file and title exist', () => {
    expect(
      problems('| Q11 | done | src-main/core/storage/lvm/index.ts | lvm/index.test.ts "detects LVM..." |'),
    ).toEqual([]);
  });

  it('names a source file that does not exist', () => {
    expect(problems('| Q11 | done | src-main/core/gone.ts | lvm/index.test.ts "detects LVM" |')).toEqual([
      'src-main/core/gone.ts does not exist',
    ]);
  });

  it('names a title that its file does not hold', () => {
    expect(problems('| Q11 | partly | | lvm/index.test.ts "detects ZFS" |')).toEqual([
      'lvm/index.test.ts has no test "detects ZFS"',
    ]);
  });

  it('checks every title of every file', () => {
    expect(
      problems(
        '| Q11 | partly | | `lvm/index.test.ts` "detects LVM" "gone"; `zfs/index.test.ts` "detects ZFS" |',
      ),
    ).toEqual(['lvm/index.test.ts has no test "gone"']);
  });

  it('wants a source and a title of what is done', () => {
    expect(problems('| Q11 | done | see code | by hand |')).toEqual([
      'is done but names no source file',
      'is done but names no test title',
    ]);
  });

  it('knows three states', () => {
    expect(problems('| Q11 | doing | | |')).toEqual(['state "doing" is none of done, partly, not yet']);
    expect(problems('| Q11 | not yet | | |')).toEqual([]);
  });
});

it('takes a path for the files that end in it', () => {
  expect(filesMeant('index.test.ts', files)).toHaveLength(2);
  expect(filesMeant('m/index.test.ts', files)).toEqual([]);
  expect(filesMeant('src-main/core/storage/lvm', files)).toHaveLength(1);
});

it('finds titles that the source writes with escaped quotes', () => {
  expect(holdsTitle(texts['src-main/core/storage/lvm/index.test.ts'], `says "no" 'once'`)).toBe(true);
  expect(holdsTitle('anything', '...')).toBe(false);
});

it('gives each title to the path before it', () => {
  expect(testsIn('a.test.ts "one", "two" and b.test.ts')).toEqual([
    { path: 'a.test.ts', title: undefined },
    { path: 'a.test.ts', title: 'one' },
    { path: 'a.test.ts', title: 'two' },
    { path: 'b.test.ts', title: undefined },
  ]);
});

it('finds ids that stand twice', () => {
  expect(duplicateIds(parseRows('| Q1 | done | | |\n| Q2 | done | | |\n| Q1 | done | | |'))).toEqual(['Q1']);
});
