import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { poolSchema, type Pool } from '../../../../src-preload/contract/inventory';
import { AppError } from '../../errors/app-error';
import { quoteArgv } from '../../ssh/quote';
import type { SshSession } from '../../ssh/types';
import type { Probe, ProbeOutcome } from '../backend';
import { readInventory } from '../read-inventory';
import { captured, capturedNames, expected, type Captured } from '../testing/captured';
import { detailProbe, mdadmProbes, syncProbe } from './commands';
import { mdadm } from './index';
import { parseDetail } from './detail';
import { parseMdstat } from './mdstat';
import { parseArrayLines, parseEvents } from './examine';
import { detailOf } from './parse';

/** Every moment that was captured: a prefix and the answers to all that is asked then. */
const moments = capturedNames('mdadm', /-lsblk$/).map((name) => name.replace(/-lsblk$/, ''));

function outcomeOf(capture: Captured, probe: Probe): ProbeOutcome {
  if (!probe.acceptExitCodes.includes(capture.exitCode)) {
    return { ok: false, error: new AppError('command-failed', 'failed', { detail: capture.stderr }) };
  }
  return { ok: true, exitCode: capture.exitCode, stdout: capture.stdout, stderr: capture.stderr };
}

function answers(prefix: string, mdstat = `${prefix}-mdstat`): Map<string, ProbeOutcome> {
  const outcomes = new Map<string, ProbeOutcome>();
  const put = (probe: Probe, name: string): void => {
    const capture = captured('mdadm', name);
    expect([name, capture.command]).toEqual([name, quoteArgv(probe.argv)]);
    outcomes.set(probe.id, outcomeOf(capture, probe));
  };
  put(mdadmProbes.version, 'version');
  put(mdadmProbes.arrays, mdstat);
  put(mdadmProbes.blocks, `${prefix}-lsblk`);
  for (const probe of mdadm.followUp?.(outcomes) ?? []) {
    const [kind, name = ''] = probe.id.split(' ');
    if (kind === 'mdadm-detail') put(detailProbe(name), `${prefix}-detail-${name}`);
    else if (kind === 'mdadm-sync') put(syncProbe(name), `${prefix}-sync-${name}`);
    else put(probe, `${prefix}-examine`);
  }
  return outcomes;
}

function poolsOf(prefix: string): Pool[] {
  return mdadm.parse(answers(prefix)).pools;
}

function only(prefix: string, name: string): Pool {
  const pool = poolsOf(prefix).find((each) => each.name === name);
  if (pool === undefined) throw new Error(`${name} is not in ${prefix}`);
  return pool;
}

const fact = (pool: Pool, label: string) => pool.facts?.find((each) => each.label === label)?.text;

describe('reading arrays of mdadm 4.2', () => {
  it.each(moments)('understands the moment %s', (prefix) => {
    const read = mdadm.parse(answers(prefix));
    for (const pool of read.pools) poolSchema.parse(pool);
    expect(read.version).toBe('4.2');
    expect([read.volumes, read.snapshots]).toEqual([[], []]);
    const file = join(import.meta.dirname, 'fixtures', `${prefix}.expected.json`);
    if (process.env['HOLDFAST_WRITE_EXPECTED'] === '1') {
      writeFileSync(file, `${JSON.stringify(read.pools, null, 2)}\n`);
    }
    expect(existsSync(file), file).toBe(true);
    expect(JSON.parse(JSON.stringify(read.pools))).toEqual(expected('mdadm', prefix));
  });

  it('takes no arrays for no arrays, also where the driver is not loaded', () => {
    expect(poolsOf('none')).toEqual([]);
    const outcomes = answers('none');
    outcomes.set(mdadmProbes.arrays.id, {
      ok: true,
      exitCode: 1,
      stdout: '',
      stderr: 'cat: /proc/mdstat: No such file or directory\n',
    });
    expect(mdadm.parse(outcomes).pools).toEqual([]);
  });

  it('names arrays by their device path and says level, chunk, bitmap and identity', () => {
    const pool = only('idle', '/dev/md5');
    expect(pool).toMatchObject({ id: 'mdadm:/dev/md5', level: 'raid5', state: 'clean', health: 'ok' });
    expect(pool.sizeBytes).toBe(1044480 * 1024);
    expect(fact(pool, 'Chunk size')).toBe('512K');
    expect(fact(pool, 'Write-intent bitmap')).toBe('none');
    expect(fact(only('idle', '/dev/md0'), 'Write-intent bitmap')).toBe('Internal');
    expect(fact(pool, 'Line for mdadm.conf')).toMatch(
      /^ARRAY \/dev\/md5 metadata=1\.2 name=storagehost:5 UUID=[0-9a-f:]{35}$/,
    );
  });

  it('lists members with role, state and slot', () => {
    const nodes = only('resync', '/dev/md0').topology.map(({ name, role, state, note }) => [
      name,
      role,
      state,
      note,
    ]);
    expect(nodes).toEqual([
      ['/dev/vdb', 'disk', 'active sync', 'slot 0'],
      ['/dev/vdc', 'disk', 'active sync', 'slot 1'],
      ['/dev/vdd', 'spare', 'spare', null],
    ]);
  });

  it('shows a check with percent, speed and time left', () => {
    expect(only('checking', '/dev/md5').activity).toEqual({
      kind: 'check',
      state: 'running',
      percent: expect.closeTo(16.2, 0),
      etaSeconds: expect.any(Number),
      text: expect.stringMatching(/^check = \d+\.\d% \(\d+\/522240\) finish=\d+\.\dmin speed=\d+K\/sec$/),
    });
  });

  it('knows a repair from a synchronisation, though /proc/mdstat calls both resync', () => {
    expect(only('resync', '/dev/md0').activity?.kind).toBe('resilver');
    expect(only('delayed', '/dev/md2').activity).toEqual({
      kind: 'check',
      state: 'paused',
      percent: null,
      etaSeconds: null,
      text: 'check waits for another array on the same disks',
    });
  });

  it('sees a replacement: two members in one slot', () => {
    const pool = only('replacing', '/dev/md0');
    expect(pool.activity?.kind).toBe('replace');
    expect(pool.topology.map(({ name, note }) => [name, note])).toEqual([
      ['/dev/vdd', 'slot 0'],
      ['/dev/vdb', 'slot 0, takes the place of /dev/vdd'],
      ['/dev/vdc', 'slot 1'],
    ]);
    const after = only('replaced', '/dev/md0');
    expect(after.problems.map(({ text }) => text)).toEqual([
      '/dev/vdd failed and is still listed as a member of /dev/md0.',
    ]);
    expect(after.health).toBe('warning');
  });

  it('shows a reshape with its change of members', () => {
    expect(only('reshaping', '/dev/md5').activity).toMatchObject({
      kind: 'reshape',
      percent: 0.3,
      text: expect.stringMatching(/· members 1, \(3->4\)$/),
    });
  });

  it('does not take a reshape for done between two of its rounds', () => {
    const outcomes = answers('reshaping');
    const { id } = mdadmProbes.arrays;
    const mdstat = outcomes.get(id);
    if (mdstat?.ok !== true) throw new Error('not captured');
    const still = mdstat.stdout.replace(/\n[^\n]*reshape = [^\n]*/, '');
    expect(still).not.toBe(mdstat.stdout);
    outcomes.set(id, { ...mdstat, stdout: still });
    expect(mdadm.parse(outcomes).pools.find(({ name }) => name === '/dev/md5')?.activity).toEqual({
      kind: 'reshape',
      state: 'paused',
      percent: null,
      etaSeconds: null,
      text: 'reshape stands still · members 1, (3->4)',
    });
  });

  it('says that a RAID1 is broken which --detail calls clean', () => {
    // Its last disk was set faulty: every write fails from then on, and only sysfs tells.
    const pool = only('degraded', '/dev/md0');
    expect(pool.state).toBe('clean, degraded, broken');
    expect(pool.health).toBe('critical');
    expect(pool.problems[0]?.text).toContain('has failed');
  });

  it('notices a disk that was pulled and that the array still counts as active', () => {
    const striped = only('pulled-unseen', '/dev/md0');
    expect(striped.topology[0]).toMatchObject({
      name: '/dev/vdf',
      state: 'active sync, missing',
      health: 'critical',
    });
    expect(striped.problems.map(({ text }) => text).join(' ')).toContain(
      '/dev/vdf of /dev/md0 is no longer connected, which the array has not noticed yet',
    );
    expect(only('pulled-unseen', '/dev/md6').topology.at(-1)).toMatchObject({
      name: '/dev/vdb',
      state: 'faulty, missing',
    });
  });

  it('keeps an array that mdadm cannot open any more, as unknown', () => {
    expect(only('pulled', '/dev/md0')).toMatchObject({ health: 'unknown', sizeBytes: 0 });
  });

  it('calls an inactive array critical, and a stopped one by the path it can have', () => {
    expect(only('inactive', '/dev/md5')).toMatchObject({
      health: 'critical',
      state: 'inactive',
      sizeBytes: 0,
    });
    const stopped = only('stopped', '/dev/md7');
    expect(stopped).toMatchObject({ state: 'stopped', health: 'warning', level: 'raid0' });
    expect(stopped.topology.map(({ name }) => name)).toEqual(['/dev/vdh', '/dev/vdi']);
    expect(fact(stopped, 'UUID')).toMatch(/^[0-9a-f]{8}(:[0-9a-f]{8}){3}$/);
  });

  it('offers a former member back to a degraded array', () => {
    expect(only('returned', '/dev/md6').problems[0]).toMatchObject({
      severity: 'warning',
      advice: expect.stringContaining('/dev/vdb was a member and is connected again'),
    });
  });

  it('counts an array as used when something is on it, and says what', () => {
    const [md5, md7] = [only('in-use', '/dev/md5'), only('in-use', '/dev/md7')];
    expect([md5.usedBytes, md5.freeBytes]).toEqual([md5.sizeBytes, 0]);
    expect(fact(md5, 'On it')).toBe('ext4, mounted at /mnt/md5 (all of it counts as used)');
    expect(fact(md7, 'On it')).toBe('LVM2_member; lvm /dev/mapper/vgmd-lv (all of it counts as used)');
    const idle = only('idle', '/dev/md5');
    expect([idle.usedBytes, idle.freeBytes]).toEqual([0, idle.sizeBytes]);
  });

  it('reports what a check found, but not what the first synchronisation copied', () => {
    expect(only('mismatches', '/dev/md1').problems[0]?.text).toBe(
      'The last check of /dev/md1 found 256 KiB that differ between its members.',
    );
    expect(
      only('pulled-after-io', '/dev/md6')
        .problems.map(({ text }) => text)
        .join(),
    ).not.toContain('differ');
  });

  it('leaves containers alone', () => {
    expect(only('container', '/dev/md127')).toMatchObject({ level: 'container', health: 'ok', problems: [] });
    expect(only('container', '/dev/md126').level).toBe('raid1');
  });

  it('reads the older captures too', () => {
    for (const name of capturedNames('mdadm', /^mdadm-\d+-mdstat/)) {
      expect(parseMdstat(captured('mdadm', name).stdout).length, name).toBeGreaterThan(0);
    }
    for (const name of capturedNames(
      'mdadm',
      /^mdadm-\d+-detail-(?!export|scan|missing|not|nonroot|platform)/,
    )) {
      expect(parseDetail(captured('mdadm', name).stdout).members.length, name).toBeGreaterThan(0);
    }
    const lines = parseArrayLines('mdadm', captured('mdadm', 'mdadm-019-examine-scan').stdout);
    expect(lines.map(({ path, spares }) => [path, spares])).toEqual([
      ['/dev/md/r1', 0],
      ['/dev/md/5', 1],
    ]);
  });

  it('tells the age of each superblock, in both metadata formats', () => {
    const { stdout } = captured('mdadm', 'mdadm-017-examine');
    expect([...parseEvents(stdout)]).toEqual([['/dev/vdb', 17]]);
    expect([...parseEvents('/dev/sda1:\n         Events : 0.42\n/dev/sdb:\n         Events : 7\n')]).toEqual([
      ['/dev/sda1', 42],
      ['/dev/sdb', 7],
    ]);
    expect(() => parseEvents('mdadm: No md superblock detected on /dev/vdb.\n')).toThrowError(
      expect.objectContaining({ code: 'unexpected-output' }),
    );
  });
});

describe('a host without mdadm', () => {
  it('is told by its PATH alone, with the package that brings it, and runs nothing', async () => {
    const session: SshSession = {
      hostId: 'h',
      exec: () => Promise.reject(new Error('nothing may run')),
      render: () => ({ argv: [], commandLine: '' }),
      locate: () => Promise.resolve(new Map([['cat', '/usr/bin/cat']])),
    };
    const { inventory } = await readInventory(
      session,
      { id: 'h' },
      { nowMs: () => 1, backends: [mdadm], disks: false },
    );
    expect(inventory.backends).toMatchObject([
      {
        kind: 'mdadm',
        available: false,
        packageName: 'mdadm',
        capabilities: { snapshots: false, rollback: 'none' },
        error: { code: 'command-missing', remedy: 'apt install mdadm' },
      },
    ]);
    expect(inventory.pools).toEqual([]);
  });
});

describe('what is not understood', () => {
  it('is never shown as no arrays', () => {
    for (const garbage of [
      '',
      'garbage\n',
      '{"blockdevices": 3}',
      'md0 : what\n',
      'Personalities :\nmd0 : active raid1 x\n',
    ]) {
      for (const probe of [mdadmProbes.arrays, mdadmProbes.blocks]) {
        const outcomes = answers('idle');
        outcomes.set(probe.id, { ok: true, exitCode: 0, stdout: garbage, stderr: '' });
        expect(() => mdadm.parse(outcomes), `${probe.id}: ${garbage}`).toThrowError(
          expect.objectContaining({ code: 'unexpected-output' }),
        );
      }
      const outcomes = answers('idle');
      outcomes.set(detailProbe('md5').id, { ok: true, exitCode: 0, stdout: garbage, stderr: '' });
      expect(() => mdadm.parse(outcomes)).toThrowError(
        expect.objectContaining({ code: 'unexpected-output' }),
      );
    }
  });

  it('says that it takes root', () => {
    const { stderr } = captured('mdadm', 'FAIL-detail-non-root');
    const outcomes = answers('idle');
    outcomes.set(detailProbe('md5').id, { ok: true, exitCode: 1, stdout: '', stderr });
    expect(() => mdadm.parse(outcomes)).toThrowError(expect.objectContaining({ code: 'unauthorized' }));
  });

  it.each(['detail-missing', 'mdadm-031-detail-not-md', 'detail-gone'])(
    'takes %s for an array that is not there',
    (name) => {
      const { exitCode, stdout, stderr } = captured('mdadm', name);
      expect(detailOf({ exitCode, stdout, stderr })).toBeNull();
    },
  );

  it('never takes another failure of mdadm for an array that is not there', () => {
    const stderr = 'mdadm: cannot get array detail for /dev/md0: Input/output error';
    expect(() => detailOf({ exitCode: 1, stdout: '', stderr })).toThrowError(
      expect.objectContaining({ code: 'command-failed' }),
    );
  });

  it('takes progress past its end for the end', () => {
    const text = captured('mdadm', 'checking-mdstat').stdout.replace(/check = +\d+\.\d%/, 'check = 104.2%');
    expect(parseMdstat(text).find(({ sync }) => sync !== null)?.sync?.percent).toBe(100);
  });
});
