import { describe, expect, it } from 'vitest';
import {
  hostInventorySchema,
  snapshotSchema,
  type HostInventory,
} from '../../../src-preload/contract/inventory';
import { AppError } from '../errors/app-error';
import { quoteArgv } from '../ssh/quote';
import type { ExecRequest, SshSession } from '../ssh/types';
import { lvmProbes } from './lvm/commands';
import { lvm } from './lvm/index';
import { readInventory } from './read-inventory';
import { zfs } from './zfs/index';
import { captured, type Captured } from './testing/captured';
import { clockArgv, failedUnitsArgv, sensorsArgv } from './system/commands';
import { snapshotsProbe, statusJsonProbe, zfsProbes } from './zfs/commands';

type Answer = Captured | AppError;

/** A session that answers exactly these argument vectors and fails on any other. */
class CapturedSession implements SshSession {
  readonly hostId = 'h';
  readonly asked: ExecRequest[] = [];
  readonly located: boolean[] = [];
  running = 0;
  mostRunning = 0;

  constructor(
    private readonly answers: ReadonlyMap<string, Answer>,
    private readonly tools: () => readonly string[] = () => ['zpool', 'zfs', 'vgs', 'lvs', 'pvs', 'lvm'],
  ) {}

  async exec(request: ExecRequest) {
    this.asked.push(request);
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    this.running -= 1;
    const answer = this.answers.get(quoteArgv(request.argv));
    if (answer === undefined) throw new Error(`Never captured: ${quoteArgv(request.argv)}`);
    if (answer instanceof AppError) throw answer;
    if (!request.acceptExitCodes.includes(answer.exitCode)) {
      throw new AppError('command-failed', `${request.operation} failed.`, { detail: answer.stderr });
    }
    request.onOutput?.('stdout', answer.stdout);
    const stdout = request.keepStdout === false ? '' : answer.stdout;
    return { ...answer, stdout, durationMs: 5, truncated: false };
  }

  render(): { argv: string[]; commandLine: string } {
    throw new Error('An inventory renders nothing.');
  }

  locate(tools: readonly string[], refresh = false) {
    this.located.push(refresh);
    const there = this.tools();
    return Promise.resolve(
      new Map(tools.filter((tool) => there.includes(tool)).map((tool) => [tool, `/usr/sbin/${tool}`])),
    );
  }
}

/** The captured listing without the columns that the fast path lacks, in order of creation. */
function namesAlone(prefix: string) {
  const whole = captured('zfs', `${prefix}-zfs-list-snapshots`);
  const rows = whole.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t').slice(0, 3))
    .sort(([, , a], [, , b]) => Number(a) - Number(b));
  return { ...whole, stdout: rows.map((row) => `${row.join('\t')}\n`).join('') };
}

function answers(changes: Record<string, Answer> = {}): Map<string, Answer> {
  const all: [string, Answer][] = [
    [quoteArgv(zfsProbes.version.argv), captured('zfs', 'version')],
    [quoteArgv(lvmProbes.version.argv), captured('lvm', 'version')],
    ...Object.values(zfsProbes)
      .filter(({ id }) => !['zfs-version', 'zfs-list-snapshot-names'].includes(id))
      .map(({ id, argv }): [string, Answer] => [quoteArgv(argv), captured('zfs', `two-pools-${id}`)]),
    [quoteArgv(zfsProbes.snapshotNames.argv), namesAlone('two-pools')],
    [quoteArgv(snapshotsProbe.argv), captured('zfs', 'two-pools-zfs-list-snapshots')],
    ...Object.values(lvmProbes)
      .filter(({ id }) => id !== 'lvm-version')
      .map(({ id, argv }): [string, Answer] => [quoteArgv(argv), captured('lvm', `mixed-${id}`)]),
  ];
  return new Map([...all, ...Object.entries(changes)]);
}

const options = () => {
  let now = 1000;
  return { nowMs: () => (now += 10), disks: false, backends: [zfs, lvm] };
};
const host = { id: 'nas' };
const lvmKeys = Object.values(lvmProbes).map(({ argv }) => quoteArgv(argv));
const zfsKeys = [...Object.values(zfsProbes), snapshotsProbe].map(({ argv }) => quoteArgv(argv));

describe('reading the inventory of a host', () => {
  it('asks the host for its clock and its failed units, where it has the tools', async () => {
    const all = ['zpool', 'zfs', 'vgs', 'lvs', 'pvs', 'lvm', 'date', 'systemctl'];
    const units = captured('system', 'failed-one');
    const told = new CapturedSession(
      answers({
        [quoteArgv(clockArgv)]: captured('system', 'clock'),
        [quoteArgv(failedUnitsArgv)]: units,
      }),
      () => all,
    );
    // Our own clock stands at a second after the epoch, so the host's is far ahead.
    const { inventory } = await readInventory(told, host, options());
    expect(inventory.system).toEqual({
      clockOffsetSeconds: expect.closeTo(1_795_422_259, -1),
      failedUnits: [{ name: 'nightly-backup.service', description: 'Backs up what nobody else does' }],
      sensors: { status: 'not-installed' },
    });
    const dumb = new CapturedSession(
      answers({
        [quoteArgv(clockArgv)]: { ...units, stdout: '%s\n' },
        [quoteArgv(failedUnitsArgv)]: { ...units, exitCode: 1 },
      }),
      () => all,
    );
    expect((await readInventory(dumb, host, options())).inventory.system).toEqual({
      clockOffsetSeconds: null,
      failedUnits: null,
      sensors: { status: 'not-installed' },
    });
  });

  it('reads the sensors where lm-sensors is, and says why they cannot be read', async () => {
    const tools = ['zpool', 'zfs', 'vgs', 'lvs', 'pvs', 'lvm', 'sensors'];
    const sensorsOf = async (answer: Answer) => {
      const session = new CapturedSession(answers({ [quoteArgv(sensorsArgv)]: answer }), () => tools);
      const { system } = (await readInventory(session, host, options())).inventory;
      // Any login may ask.
      expect(session.asked.find(({ argv }) => argv[0] === 'sensors')?.privileged).toBe(false);
      return system?.sensors;
    };
    const told = captured('system', 'sensors-issue-121');
    expect(await sensorsOf(told)).toMatchObject({ status: 'read', silent: ['iwlwifi-virtual-0 temp1'] });
    const said = (exitCode: number, stderr: string) => ({ ...told, exitCode, stdout: '', stderr });
    expect(
      await sensorsOf(
        said(
          1,
          'No sensors found!\nMake sure you loaded all the kernel drivers you need.\nTry sensors-detect.\n',
        ),
      ),
    ).toEqual({ status: 'read', sensors: [], silent: [] });
    expect(await sensorsOf(said(1, 'sensors_init: Kernel interface error\n'))).toEqual({
      status: 'unreadable',
      reason: 'sensors_init: Kernel interface error',
    });
    expect(await sensorsOf({ ...told, stdout: 'coretemp-isa-0000\nCore 0: +40.0 C\n' })).toMatchObject({
      status: 'unreadable',
      reason: expect.stringContaining('was not understood'),
    });
    for (const code of ['refused', 'timed-out', 'command-failed'] as const) {
      expect(await sensorsOf(new AppError(code, 'No.'))).toEqual({ status: 'unreadable', reason: 'No.' });
    }
    expect(await sensorsOf(new AppError('command-missing', 'Gone.'))).toEqual({ status: 'not-installed' });
  });

  it('reads all backends side by side with the exact commands of the catalogue', async () => {
    const session = new CapturedSession(answers());
    const { inventory, snapshots } = await readInventory(session, host, options());
    hostInventorySchema.parse(inventory);
    for (const snapshot of snapshots) snapshotSchema.parse(snapshot);
    expect(inventory).toMatchObject({ hostId: 'nas', takenAtMs: 1020, durationMs: 10, snapshotCount: 17 });
    expect(
      inventory.backends.map(({ kind, available, version, error }) => [kind, available, version, error]),
    ).toEqual([
      ['zfs', true, '2.1.11', null],
      ['lvm', true, '2.03.16', null],
    ]);
    expect(inventory.pools.map(({ id }) => id)).toEqual([
      'zfs:tank',
      'zfs:z2',
      'lvm:vg0',
      'lvm:vg0/pool',
      'lvm:vg1',
    ]);
    // All but the snapshots' details, for which their names decide.
    expect(session.mostRunning).toBe(zfsKeys.length - 1 + lvmKeys.length);
    expect(session.located).toEqual([false]);
    expect(session.asked.every(({ privileged, mutates }) => privileged && !mutates)).toBe(true);
  });

  it('names the package of a backend that is not installed, and runs none of its commands', async () => {
    const session = new CapturedSession(answers(), () => ['vgs', 'lvs', 'pvs', 'lvm']);
    const { inventory } = await readInventory(session, host, options());
    const [zfs] = inventory.backends;
    expect(zfs).toMatchObject({
      available: false,
      packageName: 'zfsutils-linux',
      error: { code: 'command-missing', remedy: 'apt install zfsutils-linux' },
    });
    expect(session.asked.some(({ argv }) => argv[0]?.startsWith('z'))).toBe(false);
  });

  it('looks again for a tool that was missing: it may have been installed since', async () => {
    const session: CapturedSession = new CapturedSession(answers(), () =>
      session.located.at(-1) === true ? ['zpool', 'zfs', 'vgs', 'lvs', 'pvs', 'lvm'] : ['zpool', 'zfs'],
    );
    const { inventory } = await readInventory(session, host, options());
    expect(session.located).toEqual([false, true]);
    expect(inventory.backends.map(({ available }) => available)).toEqual([true, true]);
  });

  it('does not take the empty report of a login without root for an empty host', async () => {
    const session = new CapturedSession(
      answers({
        [lvmKeys[1] ?? '']: captured('lvm', 'FAIL-vgs-non-root'),
        [lvmKeys[2] ?? '']: captured('lvm', 'FAIL-lvs-non-root'),
      }),
    );
    const { inventory } = await readInventory(session, host, options());
    expect(inventory.backends[1]).toMatchObject({
      available: true,
      error: { code: 'unauthorized', remedy: expect.stringContaining('sudo') },
    });
    expect(inventory.pools.map(({ backend }) => backend)).toEqual(['zfs', 'zfs']);
  });

  it('keeps the error of a backend whose output it does not understand', async () => {
    const session = new CapturedSession(
      answers({
        [quoteArgv(zfsProbes.pools.argv)]: { command: '', exitCode: 0, stdout: 'what?\n', stderr: '' },
      }),
    );
    const { inventory } = await readInventory(session, host, options());
    expect(inventory.backends[0]?.error).toMatchObject({ code: 'unexpected-output' });
    expect(inventory.pools.every(({ backend }) => backend === 'lvm')).toBe(true);
  });

  it('reads on without a version', async () => {
    const session = new CapturedSession(
      answers({ [quoteArgv(zfsProbes.version.argv)]: new AppError('command-failed', 'no') }),
    );
    const { inventory } = await readInventory(session, host, options());
    expect(inventory.backends[0]).toMatchObject({ available: true, version: null, error: null });
  });

  // Each refused command stands in the log of the host; a sudoers file of an older Holdfast would fill it.
  it('does not ask a host that refused a form for it again for a day', async () => {
    const jsonKey = quoteArgv(statusJsonProbe.argv);
    const session = new CapturedSession(
      answers({ [jsonKey]: new AppError('sudo-refused', 'sudo does not let admin run zpool.') }),
    );
    const dayMs = 24 * 3_600_000;
    const at = async (nowMs: number, last: HostInventory | null) => {
      session.asked.length = 0;
      const { inventory } = await readInventory(session, host, { ...options(), nowMs: () => nowMs, last });
      const [ofZfs, ...others] = inventory.backends;
      if (ofZfs === undefined) throw new Error('ZFS was not read.');
      const asked = session.asked.filter(({ argv }) => quoteArgv(argv) === jsonKey).length;
      // The captured host has an older release.
      return { asked, inventory: { ...inventory, backends: [{ ...ofZfs, version: '2.3.9' }, ...others] } };
    };
    const first = await at(0, null);
    const refused = await at(1000, first.inventory);
    const soon = await at(dayMs, refused.inventory);
    const later = await at(dayMs + 2000, soon.inventory);
    // The release is known, it was refused, left out, and tried again.
    const again = await at(dayMs + 3000, later.inventory);
    expect([first, refused, soon, later, again].map(({ asked }) => asked)).toEqual([0, 1, 0, 0, 1]);
    expect([refused, soon].map(({ inventory }) => inventory.backends[0])).toEqual(
      Array(2).fill(expect.objectContaining({ error: null, refusedAtMs: 1000 })),
    );
    expect(hostInventorySchema.parse(refused.inventory)).toEqual(refused.inventory);
  });

  it('throws when the connection was lost under every command, so that the last inventory stays', async () => {
    const lost = new AppError('unreachable', 'The connection was lost.');
    const all = Object.fromEntries([...zfsKeys, ...lvmKeys].map((key) => [key, lost]));
    await expect(readInventory(new CapturedSession(answers(all)), host, options())).rejects.toBe(lost);
  });

  it('does not throw away what was read when one backend lost the connection', async () => {
    const lost = new AppError('unreachable', 'The connection was lost.');
    const all = Object.fromEntries(lvmKeys.map((key) => [key, lost]));
    const { inventory } = await readInventory(new CapturedSession(answers(all)), host, options());
    expect(inventory.backends[1]?.error).toMatchObject({ code: 'unreachable' });
    expect(inventory.pools.length).toBe(2);
  });

  it('throws when it was cancelled', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(
      readInventory(new CapturedSession(answers()), host, { ...options(), signal: controller.signal }),
    ).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('reads a host without pools as one without pools, not as one with errors', async () => {
    const none = new Map<string, Answer>([
      ...answers(),
      ...Object.values(zfsProbes)
        .filter(({ id }) => !['zfs-version', 'zfs-list-snapshot-names'].includes(id))
        .map(({ id, argv }): [string, Answer] => [quoteArgv(argv), captured('zfs', `none-${id}`)]),
      [quoteArgv(zfsProbes.snapshotNames.argv), namesAlone('none')],
      ...Object.values(lvmProbes)
        .filter(({ id }) => id !== 'lvm-version')
        .map(({ id, argv }): [string, Answer] => [quoteArgv(argv), captured('lvm', `none-${id}`)]),
    ]);
    const { inventory, snapshots } = await readInventory(new CapturedSession(none), host, options());
    expect(inventory.backends.every(({ available, error }) => available && error === null)).toBe(true);
    expect([inventory.pools, inventory.volumes, snapshots]).toEqual([[], [], []]);
  });
});
