import { describe, expect, it } from 'vitest';
import { AppError } from '../../../errors/app-error';
import { readStatusArgv, readStatusJsonArgv } from '../../../storage/zfs/pool-commands';
import { readPoolArgv } from '../../../storage/zfs/commands';
import { captured } from '../../../storage/testing/captured';
import type { BackendStatus } from '../../../../../src-preload/contract/inventory';
import type { ActionContext } from '../../action';
import { readStatus, topologyForComparison } from './pool-reads';

const nowMs = Date.parse('2026-11-29T05:30:00Z');

type Answer = string | AppError | { exitCode: number; stderr: string };

/** A host with one pool, whose `zpool status` answers as recorded. */
const statusOf = (version: string | null, refusedAtMs?: number): BackendStatus => ({
  kind: 'zfs',
  title: 'ZFS',
  available: true,
  version,
  packageName: 'zfsutils-linux',
  capabilities: { snapshots: true, rollback: 'newest-only', snapshotNeedsSize: false },
  error: null,
  ...(refusedAtMs === undefined ? {} : { refusedAtMs }),
});

function host(version: string | null, answers: { json?: Answer; text?: Answer; refusedAtMs?: number }) {
  const asked: string[] = [];
  const status = (answer: Answer | undefined, accepted: readonly number[]) => {
    if (answer === undefined) throw new Error('This form was never asked for before.');
    if (answer instanceof AppError) throw answer;
    if (typeof answer === 'string') return { exitCode: 0, stdout: answer, stderr: '' };
    if (accepted.includes(answer.exitCode)) return { ...answer, stdout: '' };
    throw new AppError('command-failed', 'zpool status failed.', { detail: answer.stderr });
  };
  const context: ActionContext = {
    nowMs: () => nowMs,
    lastKnownStatus: (backend) =>
      Promise.resolve(backend === 'zfs' ? statusOf(version, answers.refusedAtMs) : null),
    read: async (_operation, argv, options) => {
      const line = argv.join(' ');
      if (line === readPoolArgv('tank').join(' ')) {
        const { stdout } = captured('zfs', 'read-pool');
        return { exitCode: 0, stdout: stdout.replace(/^\S+/, 'tank'), stderr: '' };
      }
      const isJson = line === readStatusJsonArgv('tank').join(' ');
      if (!isJson && line !== readStatusArgv('tank').join(' ')) throw new Error(`Unexpected: ${line}`);
      asked.push(isJson ? 'json' : 'text');
      return Promise.resolve(status(isJson ? answers.json : answers.text, options?.acceptExitCodes ?? [0]));
    },
  };
  return { context, asked };
}

const pair = (name: string) => ({
  json: captured('zfs', `status-pairs/${name}.json`).stdout,
  text: captured('zfs', `status-pairs/${name}.text`).stdout,
});

describe('the state of one pool, for a plan', () => {
  it.each(['healthy', 'replacing', 'scrub-paused', 'spare-in-use', 'faulted', 'missing', 'resilvered'])(
    'is the same from JSON and from text: %s',
    async (name) => {
      const json = host('2.3.9', pair(name));
      const text = host('2.1.11', pair(name));
      const [first, second] = [
        await readStatus(json.context, 'tank'),
        await readStatus(text.context, 'tank'),
      ];
      expect([json.asked, text.asked]).toEqual([['json'], ['text']]);
      expect(topologyForComparison(first.status?.topology ?? [])).toEqual(
        topologyForComparison(second.status?.topology ?? []),
      );
      expect(first.status?.topology.length).toBeGreaterThan(0);
      const jobs = ({ scans }: typeof first) =>
        scans.map(({ activity: { kind, state } }) => ({ kind, state }));
      expect(jobs(first)).toEqual(jobs(second));
    },
  );

  it.each<[string, Answer]>([
    [
      'an older forced command',
      new AppError('refused', 'The forced command does not allow zpool in this form.'),
    ],
    ['an older sudoers file', new AppError('sudo-refused', 'sudo does not let admin run zpool.')],
    ['an older ZFS that is booted again', { exitCode: 2, stderr: "invalid option 'j'\nusage:\n" }],
  ])('is read from the text where the JSON is refused: %s', async (_why, json) => {
    const { context, asked } = host('2.3.9', { json, text: pair('healthy').text });
    expect((await readStatus(context, 'tank')).status?.state).toBe('ONLINE');
    expect(asked).toEqual(['json', 'text']);
  });

  it('is not asked for as JSON for a day where the host refused that', async () => {
    const hourMs = 3_600_000;
    const lately = host('2.3.9', { ...pair('healthy'), refusedAtMs: nowMs - 23 * hourMs });
    const longAgo = host('2.3.9', { ...pair('healthy'), refusedAtMs: nowMs - 25 * hourMs });
    for (const { context } of [lately, longAgo]) await readStatus(context, 'tank');
    expect([lately.asked, longAgo.asked]).toEqual([['text'], ['json']]);
  });

  it('is not asked for again where the host is lost, and is never empty where it is not understood', async () => {
    const lost = host('2.3.9', { json: new AppError('unreachable', 'The connection broke off.') });
    await expect(readStatus(lost.context, 'tank')).rejects.toMatchObject({ code: 'unreachable' });
    const strange = host('2.3.9', { json: '{"output_version":{},"pools":{}}', text: pair('healthy').text });
    await expect(readStatus(strange.context, 'tank')).rejects.toMatchObject({ code: 'unexpected-output' });
    const others = host('2.3.9', { json: pair('two-pools').json });
    await expect(readStatus(others.context, 'tank')).rejects.toMatchObject({ code: 'unexpected-output' });
  });

  it('says of a pool that is gone that it is gone', async () => {
    const gone = { exitCode: 1, stderr: "cannot open 'tank': no such pool\n" };
    for (const version of ['2.3.9', '2.1.11']) {
      const { context } = host(version, { json: gone, text: gone });
      expect(await readStatus(context, 'tank')).toEqual({ row: null, status: null, scans: [] });
    }
  });
});
