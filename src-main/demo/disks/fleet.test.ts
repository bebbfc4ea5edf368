import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Disk } from '../../../src-preload/contract/disks';
import type { HostInventory } from '../../../src-preload/contract/inventory';
import { createCore } from '../../core/create-core';
import { startTestCore, type TestCore } from '../../core/testing/test-core';

/** The disks of the demo fleet as the core reads them over SSH, against the pools it reads beside them. */
describe('the disks of the demo fleet', () => {
  let data: string;
  let core: TestCore;
  const inventories = new Map<string, HostInventory>();
  const disk = (host: string, path: string): Disk => {
    const found = inventories.get(host)?.disks?.find((each) => each.path === path);
    if (found === undefined) throw new Error(`${host} has no disk ${path}.`);
    return found;
  };
  const free = (host: string) =>
    (inventories.get(host)?.disks ?? [])
      .filter(({ ineligible }) => ineligible.length === 0)
      .map(({ path }) => path);

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'holdfast-demo-disks-'));
    core = await startTestCore({ dataDirectory: data, demo: true, start: createCore });
    for (const hostId of ['demo-nas', 'demo-vault', 'demo-kvm']) {
      inventories.set(hostId, await core.call('inventory:refresh', { hostId }));
    }
  });
  afterAll(async () => {
    await core.close();
    rmSync(data, { recursive: true, force: true });
  });

  it('hold every member of every pool', () => {
    for (const [hostId, { pools, disks, disksError }] of inventories) {
      expect([hostId, disksError]).toEqual([hostId, null]);
      const used = new Set(disks?.flatMap(({ uses }) => uses.map(({ name }) => name)));
      const standing = pools.filter(({ parentPoolId }) => parentPoolId === null);
      for (const pool of standing)
        expect([hostId, pool.name, used.has(pool.name)]).toEqual([hostId, pool.name, true]);
    }
    expect(disk('demo-nas', '/dev/sdb')).toMatchObject({
      id: 'ata-ST18000NM000J-2TV103_ZR5A1K0L',
      uses: [{ kind: 'zpool', name: 'tank' }],
    });
    expect(disk('demo-kvm', '/dev/nvme0n1').uses).toContainEqual({
      kind: 'volume-group',
      name: 'vg0',
      path: '/dev/nvme0n1p3',
    });
  });

  it('leave one or two free on each host, so that there is something to create a pool of', () => {
    expect(free('demo-nas')).toEqual(['/dev/sdi', '/dev/sdj']);
    expect(free('demo-vault')).toEqual(['/dev/sdh']);
    expect(free('demo-kvm')).toEqual(['/dev/vda', '/dev/vdb']);
    expect(disk('demo-vault', '/dev/sdi').ineligible[0]).toContain('ext4 (old-office)');
  });

  it('show the failing disk behind the degraded mirror, and name it among the problems', async () => {
    expect(disk('demo-vault', '/dev/sdc')).toMatchObject({
      health: 'critical',
      smart: { status: 'failed', reallocatedSectors: 3872, selfTest: { state: 'failed' } },
      uses: [{ kind: 'zpool', name: 'vault' }],
    });
    expect(disk('demo-vault', '/dev/sdd').health).toBe('warning');
    const { hosts } = await core.call('hosts:list', {});
    const texts = hosts
      .find(({ host }) => host.id === 'demo-vault')
      ?.summary?.problems.map(({ text }) => text);
    expect(texts?.join('\n')).toContain('Disk /dev/sdc (ST12000NM0127, serial ZJV1G4KK) is failing');
  });

  it('show a worn cache on nas-01, and say plainly where there is no SMART', () => {
    expect(disk('demo-nas', '/dev/nvme2n1')).toMatchObject({ health: 'ok', smart: { wearPercent: 87 } });
    expect(disk('demo-kvm', '/dev/vda')).toMatchObject({
      health: 'unknown',
      smart: { status: 'unavailable', reason: expect.stringContaining('virtual disk has no SMART') },
    });
  });

  it('mount a USB disk by its UUID, with its line in fstab, and unmount it again', async () => {
    await core.call('settings:update', { readOnly: false });
    const hostId = 'demo-kvm';
    const { id } = disk(hostId, '/dev/sdc');
    const offerOf = async (action: string) => {
      const subject = { kind: 'disk', diskId: id } as const;
      const { offers } = await core.call('operations:offers', { hostId, subject });
      return offers.find((each) => each.action === action);
    };
    const device = '/dev/disk/by-id/usb-WD_Elements_25A2_575834314-0:0-part1';
    expect((await offerOf('disk.mount'))?.fields[0]).toMatchObject({ name: 'device', value: device });
    expect(await offerOf('disk.unmount')).toBeUndefined();
    const input = { device, mountPoint: '/mnt/usb', readOnly: false, atStart: true };
    const plan = await core.plan(hostId, 'disk.mount', input);
    expect(plan.blockers).toEqual([]);
    expect(await core.run(plan)).toMatchObject({ outcome: 'ok', verification: { status: 'confirmed' } });
    expect((await core.plan(hostId, 'disk.mount', input)).blockers.map(({ text }) => text)).toEqual([
      '/dev/sdc1 is mounted already, at /mnt/usb.',
      '/dev/sdc1 is mounted at /mnt/usb already.',
      expect.stringMatching(/^\/etc\/fstab has a line for it already: UUID=[0-9a-f-]{36} at \/mnt\/usb\.$/),
    ]);

    const usesNow = async () =>
      (await core.call('inventory:refresh', { hostId })).disks?.find((each) => each.id === id)?.uses;
    expect(await usesNow()).toEqual([{ kind: 'mount', name: '/mnt/usb', path: '/dev/sdc1' }]);
    expect(await offerOf('disk.mount')).toBeUndefined();
    const back = await core.plan(hostId, 'disk.unmount', (await offerOf('disk.unmount'))?.input ?? {});
    expect(back).toMatchObject({ blockers: [], typed: { target: '/mnt/usb' } });
    expect(await core.run(back)).toMatchObject({ outcome: 'ok', verification: { status: 'confirmed' } });
    expect(await usesNow()).toEqual([{ kind: 'signature', name: 'ext4 (backup)', path: '/dev/sdc1' }]);
    const again = await core.plan(hostId, 'disk.mount', input);
    expect(again.steps.map(({ title }) => title)).not.toContain('Make the folder /mnt/usb');
    expect(again.blockers).toEqual([]);
  });

  it('offer a self-test, start it and see it run', async () => {
    const { id } = disk('demo-vault', '/dev/sdd');
    await core.call('settings:update', { readOnly: false });
    const subject = { kind: 'disk', diskId: id } as const;
    const { offers } = await core.call('operations:offers', { hostId: 'demo-vault', subject });
    const offer = offers.find(({ action }) => action === 'disk.selftest.long');
    expect(offer).toMatchObject({ excuse: null });
    const plan = await core.call('operations:plan', {
      hostId: 'demo-vault',
      action: 'disk.selftest.long',
      input: offer?.input ?? {},
    });
    expect(plan.typed).toEqual({ target: null, host: null });
    const result = await core.call('operations:run', { planId: plan.id, typedTarget: null, typedHost: null });
    expect(result).toMatchObject({
      outcome: 'ok',
      verification: { status: 'confirmed', text: 'The self-test is running, 90 % left.' },
    });
    const after = await core.call('inventory:refresh', { hostId: 'demo-vault' });
    expect(after.disks?.find((each) => each.id === id)?.smart.selfTest).toMatchObject({ state: 'running' });
  });
});
