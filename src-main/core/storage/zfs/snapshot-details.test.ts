import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../errors/app-error';
import { isWhitelisted } from '../../whitelist/catalogue';
import { mostRepeats } from '../../whitelist/words';
import type { Probe, ProbeOutcome } from '../backend';
import { captured } from '../testing/captured';
import { snapshotTable } from './commands';
import { snapshotDetails } from './snapshot-details';

const namesOf = ({ argv }: Probe): readonly string[] => argv.slice(argv.indexOf('--') + 1);
const head = ['zfs', 'list', '-Hp', '-t', 'snapshot', '-o', snapshotTable.properties, '--'];
const row = (name: string): string => `${name}\t1\t2\t3\t4\t5\t0\t-\n`;
const missing = (name: string): string => `cannot open '${name}': dataset does not exist\n`;

/** As `zfs list` answers where only these are left. */
function host(left: ReadonlySet<string>, probes: readonly Probe[]): Map<string, ProbeOutcome> {
  return new Map(
    probes.map((probe): [string, ProbeOutcome] => {
      const asked = namesOf(probe);
      const gone = asked.filter((name) => !left.has(name));
      const there = asked.filter((name) => left.has(name));
      return [
        probe.id,
        {
          ok: true,
          exitCode: gone.length > 0 ? 1 : 0,
          stdout: there.map(row).join(''),
          stderr: gone.map(missing).join(''),
        },
      ];
    }),
  );
}

function parseOne(names: readonly string[], outcome: ProbeOutcome) {
  const probes = snapshotDetails.probes(names);
  return snapshotDetails.parse(probes, new Map(probes.map(({ id }) => [id, outcome])));
}

const output = (stdout: string, exitCode = 0, stderr = ''): ProbeOutcome => ({
  ok: true,
  exitCode,
  stdout,
  stderr,
});

describe('details of named ZFS snapshots', () => {
  const part = fc.stringMatching(/^[A-Za-z0-9_.:-]{1,12}$/);
  const name = fc
    .tuple(fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/), fc.stringMatching(/^[a-z0-9 _-]{1,8}$/), part)
    .map(([pool, dataset, snapshot]) => `${pool}/${dataset}@${snapshot}`);
  const someNames = fc.uniqueArray(name, { minLength: 1, maxLength: 200 });

  it('are asked for once each, in few commands that the whitelist knows', () => {
    fc.assert(
      fc.property(someNames, (names) => {
        const probes = snapshotDetails.probes([...names, ...names]);
        expect(probes.flatMap(namesOf).toSorted()).toEqual(names.toSorted());
        const spaced = names.filter((each) => each.includes(' ')).length;
        expect(probes).toHaveLength(
          Math.ceil(spaced / mostRepeats) + Math.ceil((names.length - spaced) / mostRepeats),
        );
        expect(new Set(probes.map(({ id }) => id)).size).toBe(probes.length);
        for (const probe of probes) {
          expect(probe.argv.slice(0, head.length)).toEqual(head);
          expect(isWhitelisted(probe.argv), probe.argv.join(' ')).toBe(true);
          expect(new Set(namesOf(probe).map((each) => each.includes(' '))).size).toBe(1);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('leave out just those that are gone', () => {
    fc.assert(
      fc.property(someNames, fc.func(fc.boolean()), (names, isLeft) => {
        const left = new Set(names.filter((each) => isLeft(each)));
        const probes = snapshotDetails.probes(names);
        const read = snapshotDetails.parse(probes, host(left, probes));
        expect(read.map(({ fullName }) => fullName).toSorted()).toEqual([...left].toSorted());
        for (const snapshot of read) expect(snapshot).toMatchObject({ usedBytes: 4, holdCount: 0, order: 2 });
      }),
      { numRuns: 60 },
    );
  });

  it('are read from what OpenZFS 2.1.11 said', () => {
    const held = captured('zfs', 'read-snapshot-held');
    const [heldName = ''] = held.stdout.split('\t');
    expect(parseOne([heldName], { ok: true, ...held })[0]?.holdCount).toBeGreaterThan(0);
    expect(parseOne(['tank/data@nope'], { ok: true, ...captured('zfs', 'read-snapshot-missing') })).toEqual(
      [],
    );
  });

  it.each([
    ['another reason', output('', 1, 'cannot open x: I/O error\n')],
    ['a reason beside one that is gone', output(row('t@a'), 1, `${missing('t@b')}internal error\n`)],
    ['no reason at all', output('', 1)],
  ])('fail with %s', (_, outcome) => {
    expect(() => parseOne(['t@a', 't@b'], outcome)).toThrow(
      expect.objectContaining({ code: 'command-failed' }),
    );
  });

  it.each([
    ['one is missing without a word', output(row('t@a'))],
    ['another is told', output(row('t@a') + row('t@c'))],
    ['one is told twice', output(row('t@a') + row('t@b') + row('t@b'))],
    ['it is cut', output(row('t@a') + 't@b\t1')],
  ])('are not understood when %s', (_, outcome) => {
    expect(() => parseOne(['t@a', 't@b'], outcome)).toThrow(
      expect.objectContaining({ code: 'unexpected-output' }),
    );
  });

  it('hand on what the connection met', () => {
    const error = new AppError('unreachable', 'gone');
    expect(() => parseOne(['t@a'], { ok: false, error })).toThrow(error);
  });

  it.each(['tank', 'tank/data', 't@a%b', 't@a,b', '-r', '', 't@', 't@a@b'])('never ask for %j', (bad) => {
    expect(() => snapshotDetails.probes(['t@a', bad])).toThrow(RangeError);
  });

  it('stay on the list only one by one, up to its most', () => {
    const many = (count: number) => [...head, ...Array.from({ length: count }, (_, index) => `t@s${index}`)];
    expect(isWhitelisted(many(mostRepeats))).toBe(true);
    expect(isWhitelisted(many(mostRepeats + 1))).toBe(false);
    expect(isWhitelisted(many(0))).toBe(false);
    expect(isWhitelisted([...many(2), 'tank'])).toBe(false);
    expect(isWhitelisted([...many(2), 't@a%b'])).toBe(false);
  });
});
