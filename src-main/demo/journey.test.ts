import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '../../src-preload/contract/hosts';
import type { BackendKind } from '../../src-preload/contract/inventory';
import type { HostActionId } from '../../src-preload/contract/operations';
import { actions } from '../core/operations/actions';
import { readContext } from '../core/operations/read-context';
import { SshSessionPool } from '../core/ssh/session-pool';
import { isWhitelisted } from '../core/whitelist/catalogue';
import type { SshSession } from '../core/ssh/types';
import type { Probe, ProbeOutcome } from '../core/storage/backend';
import { runProbe } from '../core/storage/read-inventory';
import { backends } from '../core/storage/registry';
import { startDemoFleet, type DemoFleet } from './index';

/**
 * The demo fleet as the core meets it: its real SSH session, its probes and parsers, and its actions from plan to
 * verification. What a model answered wrongly, a parser or an action would trip over here.
 */

/** Lets a test skip what takes a host its time. */
let aheadMs = 0;
const nowMs = () => Date.now() + aheadMs;
let fleet: DemoFleet;
let sessions: SshSessionPool;

beforeAll(async () => {
  fleet = await startDemoFleet({ latency: 0, nowMs });
  const keyOf = (port: number) => fleet.hosts.find((host) => host.port === port);
  sessions = new SshSessionPool({
    permits: isWhitelisted,
    pinnedKeys: (_address, port) => {
      const host = keyOf(port);
      return host === undefined
        ? []
        : [{ key: host.hostKey, publicKeyBase64: host.publicKeyBase64, revoked: false }];
    },
    knownHostsPath: join(tmpdir(), 'holdfast-demo-has-no-known-hosts'),
    login: (host) => {
      const password = fleet.hosts.find(({ id }) => id === host.id)?.password ?? '';
      return Promise.resolve({ kind: 'password', password });
    },
  });
});
afterAll(async () => {
  await sessions.close();
  await fleet.close();
});

function session(name: string): Promise<SshSession> {
  const found = fleet.hosts.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`No host ${name}.`);
  const { id, address, port, user, environment, accessLevel } = found;
  const host: Host = {
    id,
    name,
    address,
    port,
    user,
    environment,
    accessLevel,
    auth: { kind: 'password' },
    sudo: true,
    demo: true,
    createdAtMs: 0,
  };
  return sessions.session(host);
}

async function read(name: string, kind: BackendKind) {
  const open = await session(name);
  const backend = backends.find((candidate) => candidate.kind === kind);
  if (backend === undefined) throw new Error(`No backend ${kind}.`);
  const ask = (probes: readonly Probe[]) =>
    Promise.all(
      probes.map(async (probe): Promise<[string, ProbeOutcome]> => [
        probe.id,
        await runProbe(open, probe, undefined),
      ]),
    );
  const first = await ask(backend.probes);
  const outcomes = [...first, ...(await ask(backend.followUp?.(new Map(first)) ?? []))];
  return backend.parse(new Map(outcomes));
}

/** Plans, runs the steps as planned, and verifies. */
async function operate(name: string, id: HostActionId, input: Record<string, unknown>) {
  const open = await session(name);
  const context = readContext(open, { nowMs, onRead: () => undefined }, () => Promise.resolve(null));
  const action = actions[id].parse(input);
  const plan = await action.plan(context);
  if (plan.blockers.length > 0) return { plan, verification: null };
  const { preconditions } = await action.plan(context);
  expect(preconditions).toEqual(plan.preconditions);
  for (const step of plan.steps) {
    await open.exec({
      operation: step.title,
      argv: step.argv,
      privileged: true,
      acceptExitCodes: step.acceptExitCodes,
      timeoutSeconds: step.timeoutSeconds,
      maxOutputBytes: 1024 * 1024,
      mutates: true,
    });
  }
  return { plan, verification: await action.verify(context, plan.preconditions) };
}

describe('what the core reads of the demo fleet', () => {
  it('nas-01: three healthy pools, a scrub, some 4,000 snapshots', async () => {
    const { version, pools, volumes, snapshots } = await read('nas-01', 'zfs');
    expect(version).toBe('2.1.11');
    expect(pools.map(({ name, health }) => [name, health])).toEqual([
      ['backup', 'ok'],
      ['fast', 'ok'],
      ['tank', 'ok'],
    ]);
    expect(pools[2]?.activity).toMatchObject({ kind: 'scrub', state: 'running' });
    expect(pools[2]?.topology.map(({ role }) => role)).toEqual(
      expect.arrayContaining(
        ['raidz2', 'logs', 'cache', 'spares'].map((role) => expect.stringContaining(role)),
      ),
    );
    expect(snapshots.length).toBeGreaterThan(3800);
    expect(snapshots.length).toBeLessThan(4200);
    expect(volumes.length).toBeGreaterThan(50);
    expect(volumes.some(({ kind }) => kind === 'zvol')).toBe(true);
    expect(volumes.some(({ name }) => name.includes(' '))).toBe(true);
    expect(snapshots.filter(({ holdCount }) => (holdCount ?? 0) > 0).length).toBeGreaterThan(3);
    expect(snapshots.filter(({ cloneNames }) => (cloneNames?.length ?? 0) > 0)).toHaveLength(3);
    for (const { usedBytes, sizeBytes } of snapshots) expect(usedBytes).toBeLessThanOrEqual(sizeBytes ?? 0);
  });

  it('vault-02: degraded, resilvering, 87 % full', async () => {
    const { pools } = await read('vault-02', 'zfs');
    const vault = pools.find(({ name }) => name === 'vault');
    expect(vault?.state).toBe('DEGRADED');
    expect(vault?.health).toBe('critical');
    expect(vault?.activity).toMatchObject({ kind: 'resilver', state: 'running' });
    expect(vault?.activity?.percent).toBeCloseTo(41.2, 0);
    expect(vault?.activity?.etaSeconds).toBeGreaterThan(3600);
    expect(Math.floor(((vault?.usedBytes ?? 0) / (vault?.sizeBytes ?? 1)) * 100)).toBe(87);
    expect(JSON.stringify(vault?.topology)).toMatch(/replacing-0.*FAULTED.*resilvering/s);
    expect(vault?.problems.length).toBeGreaterThan(1);
  });

  it('kvm-03: a thin pool nearly full in data and metadata, snapshots in trouble, no ZFS', async () => {
    const { pools, volumes, snapshots } = await read('kvm-03', 'lvm');
    const guests = pools.find(({ id }) => id === 'lvm:vmdata/guests');
    expect(guests?.dataPercent).toBeCloseTo(93, 0);
    expect(guests?.metadataPercent).toBeCloseTo(81, 0);
    expect(pools.find(({ name }) => name === 'vmdata')?.freeBytes).toBe(0);
    const states = new Map(
      snapshots.map(({ fullName, state, percentFull }) => [fullName, { state, percentFull }]),
    );
    expect(states.get('vg0/var_pre-cleanup')).toEqual({ state: 'ok', percentFull: 85 });
    expect(states.get('vg0/images_2026w46')?.state).toBe('invalid');
    expect(volumes.find(({ name }) => name === 'vg0/root')?.open).toBe(true);
    const tools = await (await session('kvm-03')).locate(['zfs', 'zpool', 'lvs']);
    expect([...tools.keys()]).toEqual(['lvs']);
    await expect(read('kvm-03', 'zfs')).rejects.toMatchObject({ code: 'command-missing' });
  });

  it('raid-05: a RAID6 being checked, a mirror with a failed member, an array that did not start', async () => {
    const { version, pools } = await read('raid-05', 'mdadm');
    expect(version).toBe('4.2');
    expect(pools.map(({ name, level, health, state }) => [name, level, health, state])).toEqual([
      ['/dev/md127', 'raid5', 'critical', 'inactive'],
      ['/dev/md1', 'raid1', 'critical', 'clean, degraded'],
      ['/dev/md0', 'raid6', 'ok', 'clean, checking'],
    ]);
    const archive = pools[2];
    expect(archive?.topology).toHaveLength(6);
    expect(archive?.activity).toMatchObject({ kind: 'check', state: 'running' });
    expect(archive?.activity?.percent).toBeCloseTo(36, -1);
    expect(archive?.activity?.etaSeconds).toBeGreaterThan(3600);
    expect(archive?.usedBytes).toBe(archive?.sizeBytes);
    expect(pools[1]?.problems.map(({ text }) => text).join(' ')).toMatch(/degraded.*sdi failed/);
    expect(pools[0]?.topology).toHaveLength(1);
  });

  it('edge-04: offline', async () => {
    await expect(session('edge-04')).rejects.toMatchObject({ code: 'unreachable' });
  });
});

describe('what the core does on the demo fleet', () => {
  const newest = async (name: string, volume: string) => {
    const { snapshots } = await read(name, 'zfs');
    return snapshots
      .filter(({ volumeName }) => volumeName === volume)
      .sort((left, right) => (left.createdAtMs ?? 0) - (right.createdAtMs ?? 0));
  };

  it('ZFS: takes a snapshot, rolls back to it, destroys it', async () => {
    const snapshot = 'tank/scans@journey';
    const created = await operate('nas-01', 'zfs.snapshot.create', {
      dataset: 'tank/scans',
      name: 'journey',
      recursive: false,
    });
    expect(created.verification?.status).toBe('confirmed');
    const rolledBack = await operate('nas-01', 'zfs.snapshot.rollback', { snapshot, destroyNewer: false });
    expect(rolledBack.plan.blockers).toEqual([]);
    expect(rolledBack.verification?.status).toBe('confirmed');
    const destroyed = await operate('nas-01', 'zfs.snapshot.destroy', { snapshot });
    expect(destroyed.verification?.status).toBe('confirmed');
  });

  it('ZFS: rolls back over newer snapshots only when told to', async () => {
    const snapshots = await newest('nas-01', 'tank/home/emma');
    const target = snapshots.at(-4)?.fullName;
    const refused = await operate('nas-01', 'zfs.snapshot.rollback', {
      snapshot: target,
      destroyNewer: false,
    });
    expect(refused.plan.blockers).toHaveLength(1);
    const done = await operate('nas-01', 'zfs.snapshot.rollback', { snapshot: target, destroyNewer: true });
    expect(done.verification?.status).toBe('confirmed');
    expect((await newest('nas-01', 'tank/home/emma')).at(-1)?.fullName).toBe(target);
  });

  it('ZFS: clones and holds block', async () => {
    const { snapshots } = await read('nas-01', 'zfs');
    const cloned = snapshots.find(({ cloneNames }) => (cloneNames?.length ?? 0) > 0);
    const held = snapshots.find(({ holdCount }) => (holdCount ?? 0) > 0);
    for (const snapshot of [cloned, held]) {
      const { plan } = await operate('nas-01', 'zfs.snapshot.destroy', { snapshot: snapshot?.fullName });
      expect(plan.blockers.length).toBeGreaterThan(0);
    }
  });

  it('ZFS: a recursive snapshot of a space in a name', async () => {
    const created = await operate('nas-01', 'zfs.snapshot.create', {
      dataset: 'tank/projects',
      name: 'all-of-it',
      recursive: true,
    });
    expect(created.verification?.status).toBe('confirmed');
    const { snapshots } = await read('nas-01', 'zfs');
    expect(snapshots.some(({ fullName }) => fullName === 'tank/projects/client archive@all-of-it')).toBe(
      true,
    );
  });

  it('ZFS: vault-02 takes snapshots, but its sudoers lets none be destroyed', async () => {
    const input = { dataset: 'rpool/var', name: 'journey', recursive: false };
    const created = await operate('vault-02', 'zfs.snapshot.create', input);
    expect(created.verification?.status).toBe('confirmed');
    await expect(
      operate('vault-02', 'zfs.snapshot.destroy', { snapshot: 'rpool/var@journey' }),
    ).rejects.toMatchObject({ code: 'sudo-refused', remedy: expect.stringContaining('/usr/sbin/zfs') });
    const { snapshots } = await read('vault-02', 'zfs');
    expect(snapshots.some(({ fullName }) => fullName === 'rpool/var@journey')).toBe(true);
  });

  it('LVM: takes a thick snapshot, rolls back to it, destroys another', async () => {
    const volume = { volumeGroup: 'vg0', logicalVolume: 'golden' };
    for (const name of ['journey', 'other']) {
      const created = await operate('kvm-03', 'lvm.snapshot.create', { ...volume, name, size: '1G' });
      expect(created.verification?.status).toBe('confirmed');
    }
    const merged = await operate('kvm-03', 'lvm.snapshot.rollback', {
      volumeGroup: 'vg0',
      snapshot: 'journey',
    });
    // With no latency the answer comes before the merge is through.
    expect(['confirmed', 'pending']).toContain(merged.verification?.status);
    const destroyed = await operate('kvm-03', 'lvm.snapshot.destroy', {
      volumeGroup: 'vg0',
      name: 'other',
    });
    expect(destroyed.verification?.status).toBe('confirmed');
  });

  it('LVM: the merge into a mounted volume waits', async () => {
    const merged = await operate('kvm-03', 'lvm.snapshot.rollback', {
      volumeGroup: 'vg0',
      snapshot: 'root_before-12.8',
    });
    expect(merged.verification?.status).toBe('pending');
    const { snapshots } = await read('kvm-03', 'lvm');
    expect(snapshots.find(({ fullName }) => fullName === 'vg0/root_before-12.8')?.state).toBe('merging');
  });

  it('LVM: an invalid snapshot and a group without space block', async () => {
    const invalid = await operate('kvm-03', 'lvm.snapshot.rollback', {
      volumeGroup: 'vg0',
      snapshot: 'images_2026w46',
    });
    expect(invalid.plan.blockers.length).toBeGreaterThan(0);
    const full = await operate('kvm-03', 'lvm.snapshot.create', {
      volumeGroup: 'vmdata',
      logicalVolume: 'iso',
      name: 'journey',
      size: '1G',
    });
    expect(full.plan.blockers.length).toBeGreaterThan(0);
  });

  it('LVM: thin snapshots come, go, and replace a guest that is off', async () => {
    const volume = { volumeGroup: 'vmdata', logicalVolume: 'vm-104-disk-0' };
    const created = await operate('kvm-03', 'lvm.snapshot.create', {
      ...volume,
      name: 'journey',
      size: null,
    });
    expect(created.verification?.status).toBe('confirmed');
    const merged = await operate('kvm-03', 'lvm.snapshot.rollback', {
      volumeGroup: 'vmdata',
      snapshot: 'journey',
    });
    expect(merged.verification?.status).toBe('confirmed');
    const running = await operate('kvm-03', 'lvm.snapshot.rollback', {
      volumeGroup: 'vmdata',
      snapshot: 'snap_vm-101-disk-0_before-update',
    });
    expect(running.verification?.status).toBe('pending');
  });

  it('LVM: a group is made, emptied disk by disk, renamed and destroyed', async () => {
    const run = async (id: HostActionId, input: Record<string, unknown>) => {
      const { plan, verification } = await operate('kvm-03', id, input);
      expect([id, plan.blockers]).toEqual([id, []]);
      return verification?.status;
    };
    const group = { volumeGroup: 'vg9' };
    const devices = ['/dev/disk/by-id/virtio-SAN-LUN-0017', '/dev/disk/by-id/virtio-SAN-LUN-0018'];
    expect(await run('lvm.group.create', { name: 'vg9', devices })).toBe('confirmed');
    expect(await run('lvm.volume.create', { ...group, name: 'data', size: '4G' })).toBe('confirmed');
    const device = '/dev/vda';
    const move = { ...group, device, target: '/dev/vdb' };
    expect(await run('lvm.pv.move', move)).toBe('pending');
    expect((await read('kvm-03', 'lvm')).pools.find(({ id }) => id === 'lvm:vg9')?.activity).toMatchObject({
      kind: 'move',
      state: 'running',
      text: expect.stringContaining('from /dev/vda to /dev/vdb'),
    });
    expect(await run('lvm.pv.moveAbort', group)).toBe('confirmed');
    const used = await operate('kvm-03', 'lvm.group.reduce', { ...group, device, clearLabel: true });
    expect(used.plan.blockers.map(({ text }) => text)).toEqual([
      expect.stringContaining('lie on /dev/vda: vg9/data'),
    ]);
    expect(await run('lvm.pv.move', { ...move, target: 'anywhere' })).toBe('pending');
    aheadMs = 60_000;
    expect(await run('lvm.group.reduce', { ...group, device, clearLabel: true })).toBe('confirmed');
    expect(await run('lvm.group.rename', { ...group, name: 'vg10' })).toBe('confirmed');
    const renamed = { volumeGroup: 'vg10' };
    const volume = { ...renamed, volume: 'data' };
    expect(await run('lvm.volume.deactivate', volume)).toBe('confirmed');
    expect(await run('lvm.volume.activate', volume)).toBe('confirmed');
    expect(await run('lvm.volume.destroy', volume)).toBe('confirmed');
    const pool = { ...renamed, name: 'thin', size: '2G', metadataSize: null };
    expect(await run('lvm.thinpool.create', pool)).toBe('confirmed');
    expect(await run('lvm.thinpool.extendMetadata', { ...renamed, pool: 'thin', by: '16M' })).toBe(
      'confirmed',
    );
    const inside = await operate('kvm-03', 'lvm.group.destroy', { ...renamed, clearLabel: true });
    expect(inside.plan.blockers.map(({ text }) => text)).toEqual(['vg10 has 1 volume: vg10/thin.']);
    expect(await run('lvm.volume.destroy', { ...renamed, volume: 'thin' })).toBe('confirmed');
    expect(await run('lvm.group.destroy', { ...renamed, clearLabel: true })).toBe('confirmed');
    const whole = await operate('kvm-03', 'lvm.group.removeMissing', { volumeGroup: 'vg0' });
    expect(whole.plan.blockers.map(({ text }) => text)).toEqual(['vg0 misses no disk.']);
  });

  it('puts a disk in the place of a failed one, and grows what may grow', async () => {
    const stable = async (path: string) => {
      const links = await (
        await session('raid-05')
      ).exec({
        operation: 'list the disks',
        argv: ['ls', '-l', '/dev/disk/by-id'],
        privileged: false,
        mutates: false,
        acceptExitCodes: [0],
        timeoutSeconds: 5,
        maxOutputBytes: 65_536,
      });
      const name = new RegExp(`(ata-\\S+) -> ../../${path.slice(5)}$`, 'm').exec(links.stdout)?.[1];
      return `/dev/disk/by-id/${name ?? 'none'}`;
    };
    const newDisk = await stable('/dev/sdk');
    const replaced = await operate('raid-05', 'mdadm.member.replace', {
      array: '/dev/md1',
      member: await stable('/dev/sdi'),
      newDisk,
    });
    expect(replaced.plan.steps.map(({ argv }) => argv[2])).toEqual(['--remove', '--add']);
    expect(replaced.verification?.status).toBe('pending');
    const rebuilding = (await read('raid-05', 'mdadm')).pools.find(({ name }) => name === '/dev/md1');
    expect(rebuilding).toMatchObject({ health: 'warning', activity: { kind: 'resilver', state: 'running' } });
    const taken = await operate('raid-05', 'mdadm.member.add', { array: '/dev/md0', newDisk });
    expect(taken.plan.blockers[0]?.text).toContain('/dev/md1 is mounted at /srv/git');
    const system = await operate('raid-05', 'mdadm.member.add', { array: '/dev/md0', newDisk: '/dev/sda' });
    expect(system.plan.blockers[0]?.text).toMatch(/sda2 is mounted at \//);
  });

  it('stops a check and starts it again, and refuses to stop what is mounted', async () => {
    const array = '/dev/md0';
    const again = await operate('raid-05', 'mdadm.array.check', { array });
    expect(again.plan.blockers[0]?.text).toContain('A check of it is running');
    expect((await operate('raid-05', 'mdadm.array.idle', { array })).verification?.status).toBe('confirmed');
    expect((await operate('raid-05', 'mdadm.array.check', { array })).verification?.status).toBe('confirmed');
    const stopped = await operate('raid-05', 'mdadm.array.stop', { array });
    expect(stopped.plan.blockers[0]?.text).toContain('mounted at /srv/archive');
  });

  it('does not start an array that misses too much', async () => {
    const { pools } = await read('raid-05', 'mdadm');
    const uuid = pools[0]?.facts?.find(({ label }) => label === 'UUID')?.text ?? '';
    const assembled = await operate('raid-05', 'mdadm.array.assemble', {
      array: '/dev/md127',
      uuid,
      startDegraded: true,
    });
    expect(assembled.plan.blockers[0]?.text).toBe(
      '2 members of 3 are not connected, and a raid5 cannot be started without.',
    );
  });
});
