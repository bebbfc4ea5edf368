import fc from 'fast-check';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../errors/app-error';
import { captured } from '../testing/captured';
import { readStatus } from './read-status';
import { jobsOf, type PoolStatus, type StatusReading } from './status';
import { readStatusJson } from './status-json';

const pairs = readdirSync(join(import.meta.dirname, 'fixtures/status-pairs'))
  .filter((file) => file.endsWith('.json.txt'))
  .map((file) => file.slice(0, -'.json.txt'.length));
const jsonOf = (name: string): string => captured('zfs', `status-pairs/${name}.json`).stdout;
const textOf = (name: string): string => captured('zfs', `status-pairs/${name}.text`).stdout;

/** The text of an error scrub hides the scrub before it. */
const saysMore = ['error-scrub'];

/** Between the two readings a job went on: JSON has it running, the text ended. */
const endedMeanwhile = ['draid-rebuilt'];

/** What both forms have to agree on; times and sizes are worded for people in one of them. */
function facts({ pools }: StatusReading, name: string) {
  return pools.map((pool: PoolStatus) => ({
    ...pool,
    scans: jobsOf(pool.scans)
      .results.map(({ activity, atMs, errorCount }) => ({
        kind: activity.kind,
        ...(endedMeanwhile.includes(name) ? {} : { state: activity.state, atMs }),
        errorCount,
      }))
      .sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
    unknown: jobsOf(pool.scans).unknown,
    checkpoint: pool.checkpoint === null ? null : pool.checkpoint.split(' ')[0],
    // Told one moment later by the text.
    trims: pool.trims.map(({ device, state }) => ({ device, state })),
  }));
}

describe('zpool status as JSON', () => {
  it('is recorded beside the text in every state that could be made', () => {
    expect(pairs.length).toBeGreaterThanOrEqual(31);
  });

  it.each(pairs)('says of "%s" what the text says', (name) => {
    const json = readStatusJson(jsonOf(name));
    const text = facts(readStatus(textOf(name)), name);
    expect(facts(json, name)).toEqual(
      saysMore.includes(name)
        ? text.map((pool) => ({ ...pool, scans: expect.arrayContaining(pool.scans) as unknown }))
        : text,
    );
  });

  it.each(pairs)('was read within seconds of the text: %s', (name) => {
    const between = (readStatus(textOf(name)).takenAtMs ?? 0) - (readStatus(jsonOf(name)).takenAtMs ?? 0);
    expect(between).toBeGreaterThanOrEqual(0);
    expect(between).toBeLessThan(5_000);
  });

  it('computes what the text tells of a job under way', () => {
    const of = (name: string) => jobsOf(readStatus(jsonOf(name)).pools[0]?.scans ?? []).results[0]?.activity;
    expect(of('removing')).toMatchObject({ kind: 'move', state: 'running', etaSeconds: 10_831 });
    expect(of('removing')?.percent).toBeCloseTo(0.02, 2);
    expect(of('expanding')).toMatchObject({
      kind: 'reshape',
      state: 'running',
      text: 'expansion of raidz1-0 in progress since 2026-11-29 05:28:17 UTC',
    });
    expect(of('expanding')?.percent).toBeCloseTo(6.37, 2);
    expect(of('scrub-moving')).toMatchObject({ kind: 'scrub', state: 'running', etaSeconds: 11 });
    expect(of('scrub-moving')?.percent).toBeCloseTo(8.41, 2);
    expect(of('scrub-running')).toMatchObject({ percent: 0, etaSeconds: null });
  });

  it('tells of what is over what the text tells', () => {
    const of = (name: string) => jobsOf(readStatus(jsonOf(name)).pools[0]?.scans ?? []).results[0]?.activity;
    expect(of('resilvered')?.text).toBe(
      'resilvered 180 MiB in 00:00:04 with 0 errors on 2026-11-29 05:27:50 UTC',
    );
    expect(textOf('resilvered')).toContain(
      'resilvered 180M in 00:00:04 with 0 errors on Sun Nov 29 05:27:50 2026',
    );
    expect(of('scrub-finished')?.text).toMatch(
      /^scrub repaired 0 B in 00:00:0\d with 0 errors on 2026-11-29 /,
    );
    expect(of('scrub-canceled')?.text).toMatch(/^scrub canceled on 2026-11-29 /);
  });

  it('names a device that is missing as every command does, with the path that commands take', () => {
    const members = readStatus(jsonOf('missing')).pools[0]?.topology[0]?.children;
    expect(members?.[1]).toMatchObject({
      name: '15231637595885870297',
      state: 'UNAVAIL',
      health: 'critical',
      path: '/dev/vdi1',
      note: 'was /dev/vdi1',
    });
  });

  it('says that it does not know a job rather than leaving it out', () => {
    const json = jsonOf('scrub-running').replace('"function":"SCRUB"', '"function":"POLISH"');
    expect(jobsOf(readStatus(json).pools[0]?.scans ?? []).unknown).toHaveLength(1);
    const state = jsonOf('scrub-running').replace('"state":"SCANNING"', '"state":"DREAMING"');
    expect(jobsOf(readStatus(state).pools[0]?.scans ?? []).unknown).toHaveLength(1);
  });

  it('is refused when it is cut off, of another command, or of a version to come', () => {
    const whole = jsonOf('healthy');
    for (const text of [
      whole.slice(0, -20),
      whole.replace('"command":"zpool status"', '"command":"zpool list"'),
      whole.replace('"vers_major":0', '"vers_major":1'),
      whole.replace('"pools":', '"pool":'),
      whole.replace('"read_errors":"0"', '"read_errors":"-1"'),
      whole.replace('"read_errors":"0",', ''),
      whole.replace(/"time":"\d+"/, '"time":"18446744073709551615"'),
      jsonOf('scrub-finished').replace(/"end_time":"\d+"/, '"end_time":"18446744073709551615"'),
      jsonOf('scrub-running').replace(/"start_time":"\d+"/, '"start_time":"18446744073709551615"'),
      jsonOf('checkpoint').replace(
        /("checkpoint_stats":\{"state":"EXISTS","start_time":)"\d+"/,
        '$1"18446744073709551615"',
      ),
      '{}',
    ]) {
      expect(text).not.toBe(whole);
      expect(() => readStatus(text)).toThrow(expect.objectContaining({ code: 'unexpected-output' }));
    }
  });

  it('never makes damaged output into a host without pools', () => {
    const whole = jsonOf('two-pools');
    fc.assert(
      fc.property(
        fc.nat(whole.length - 1),
        fc.constantFrom('', '"', '}', '{', ',', '0', '\n', '[', 'x'),
        (at, put) => {
          let reading: StatusReading;
          try {
            reading = readStatus(`${whole.slice(0, at)}${put}${whole.slice(at + 1)}`);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(AppError);
            return;
          }
          expect(reading.pools).toHaveLength(2);
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe('a device that a scan writes to', () => {
  const noteOf = (name: string, device: string, change: (json: string) => string) => {
    const find = (nodes: PoolStatus['topology']): string | null | undefined => {
      for (const node of nodes) {
        const found = node.name === device ? node.note : find(node.children);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    return find(readStatusJson(change(jsonOf(name))).pools[0]?.topology ?? []);
  };
  const goesOn = (json: string) => json.replace('"state":"FINISHED"', '"state":"SCANNING"');

  // The text of 2.3.9: `(vs->vs_scan_processed != 0)` while the scan goes on; no moment of it could be recorded.
  it('is named as the text names it, and only while the scan goes on', () => {
    expect(noteOf('resilvered', '/dev/vdi1', (json) => json)).toBeNull();
    expect(noteOf('resilvered', '/dev/vdi1', goesOn)).toBe('(resilvering)');
    expect(noteOf('resilvered', '/dev/vdb1', goesOn)).toBeNull();
    const asScrub = (json: string) => goesOn(json).replace('"function":"RESILVER"', '"function":"SCRUB"');
    expect(noteOf('resilvered', '/dev/vdi1', asScrub)).toBe('(repairing)');
  });
});
