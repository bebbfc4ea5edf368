import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostInventory, Pool } from '../../src-preload/contract/inventory';
import type { Offer } from '../../src-preload/contract/operations';
import { commandsOf } from '../../src-main/core/testing/commands-of';
import { onLab, resetLabWithoutMsb, type Lab } from './lab';
import { startLiveCore, type LiveCore } from './live-core';

const byId = (number: number): string => `/dev/disk/by-id/virtio-LABDISK000${number}`;
const slowly = { timeout: 240_000 };

/** Every action of software RAID on real arrays, checked with mdadm(8), /proc/mdstat and sysfs themselves. */
describe('software RAID on the lab machine', () => {
  let lab: Lab;
  let live: LiveCore;
  let hostId: string;

  const mdadm = (line: string) => onLab(lab, `sudo mdadm ${line}`);
  const mdstat = () => onLab(lab, 'cat /proc/mdstat');
  const attribute = async (array: string, name: string) =>
    (await onLab(lab, `cat /sys/block/${array}/md/${name}`)).trim();
  const state = async (array: string) =>
    / State : (.*)$/m.exec(await mdadm(`--detail /dev/${array}`))?.[1]?.trim();
  const members = async (array: string) =>
    [...(await mdadm(`--detail /dev/${array}`)).matchAll(/ {3,}(\S[^\n]*?) {2,}(\/dev\/vd\w+)$/gm)]
      .map(([, words = '', path = '']) => `${path} ${words.split(/ {3,}/).at(-1) ?? ''}`)
      .sort();
  /** At most this many KiB a second, so that what is running can be seen. */
  const speed = (kib: number) =>
    onLab(
      lab,
      `echo ${kib} | sudo tee /proc/sys/dev/raid/speed_limit_max /proc/sys/dev/raid/speed_limit_min >/dev/null`,
    );
  const idle = async () => {
    await speed(400_000);
    await expect.poll(mdstat, { timeout: 200_000, interval: 1000 }).not.toMatch(/%|DELAYED|PENDING/);
  };
  const poolIn = (inventory: HostInventory, name: string): Pool => {
    const pool = inventory.pools.find(({ id }) => id === `mdadm:${name}`);
    if (pool === undefined) throw new Error(`${name} was not read`);
    return pool;
  };
  const read = async (name: string) => poolIn(await live.call('inventory:refresh', { hostId }), name);
  const done = async (action: string, input: Parameters<LiveCore['run']>[2], status = 'confirmed') => {
    const { plan, result } = await live.run(hostId, action, input);
    expect(plan.blockers, JSON.stringify(plan.blockers)).toEqual([]);
    expect(result, result.message).toMatchObject({
      outcome: status === 'pending' ? 'warning' : 'ok',
      verification: { status },
    });
    return plan;
  };
  const blocked = async (action: string, input: Parameters<LiveCore['run']>[2]) => {
    const plan = await live.call('operations:plan', { hostId, action, input });
    expect(plan.blockers.length).toBeGreaterThan(0);
    const result = await live.call('operations:run', {
      planId: plan.id,
      typedTarget: plan.typed.target,
      typedHost: plan.typed.host,
    });
    expect(result.outcome).toBe('refused');
    return plan.blockers.map(({ text, remedy }) => `${text} ${remedy}`).join(' ');
  };

  beforeAll(async () => {
    lab = await resetLabWithoutMsb();
    await onLab(lab, 'sudo wipefs -qa /dev/vd[b-i]; sudo udevadm settle');
    live = await startLiveCore();
    hostId = (await live.addLabHost(lab)).id;
    await live.call('settings:update', { readOnly: false });
  }, 120_000);

  afterAll(async () => {
    await live?.close();
    await onLab(
      lab,
      [
        'sudo umount /mnt/md 2>/dev/null',
        'for array in $(ls /sys/block | grep ^md); do sudo mdadm --stop /dev/$array; done',
        'sudo wipefs -qa /dev/vd[b-i]; sudo udevadm settle',
      ].join('\n'),
    );
    expect(await mdstat()).not.toMatch(/^md/m);
  }, 120_000);

  it('offers blank disks by their by-id names', async () => {
    await live.call('inventory:refresh', { hostId });
    const { offers } = await live.call('operations:offers', { hostId, subject: { kind: 'host' } });
    const create: Offer | undefined = offers.find(({ action }) => action === 'mdadm.array.create');
    expect(create?.excuse).toBeNull();
    const disks = create?.fields.find(({ name }) => name === 'devices');
    if (disks?.kind !== 'pick') throw new Error('no list of disks');
    const free = disks.options.filter(({ excuse }) => excuse === null).map(({ value }) => value);
    expect(free).toEqual(expect.arrayContaining([byId(1), byId(8)]));
    expect(disks.options.find(({ value }) => value.endsWith('LABROOT'))?.excuse).not.toBeNull();
  });

  it('creates a mirror with a spare and a RAID5, and reads them as mdadm does', slowly, async () => {
    await speed(400_000);
    const plan = await done('mdadm.array.create', {
      array: '/dev/md1',
      level: '1',
      devices: [byId(1), byId(2)],
      spares: [byId(3)],
      bitmap: 'internal',
    });
    expect(commandsOf(plan)[0]?.argv.join(' ')).toMatch(
      /mdadm --create \/dev\/md1 --level 1 --raid-devices 2 --spare-devices 1 --bitmap=internal --run \/dev\/disk\/by-id/,
    );
    await done('mdadm.array.create', {
      array: '/dev/md5',
      level: '5',
      devices: [byId(4), byId(5), byId(6)],
      spares: [],
      bitmap: 'none',
    });
    await idle();
    const mirror = await read('/dev/md1');
    expect(mirror).toMatchObject({ level: 'raid1', health: 'ok', state: 'clean' });
    const bytes = Number(await onLab(lab, 'sudo blockdev --getsize64 /dev/md1'));
    expect(mirror.sizeBytes).toBe(bytes);
    expect(mirror.topology.map(({ name, role }) => [name, role])).toEqual([
      ['/dev/vdb', 'disk'],
      ['/dev/vdc', 'disk'],
      ['/dev/vdd', 'spare'],
    ]);
    const line = mirror.facts?.find(({ label }) => label === 'Line for mdadm.conf')?.text ?? '';
    const uuid = /UUID=(\S+)/.exec(await mdadm('--detail --brief /dev/md1'))?.[1] ?? 'none';
    expect(line).toContain(`UUID=${uuid}`);
    // mdadm.conf is never written.
    expect(await onLab(lab, 'grep -c ^ARRAY /etc/mdadm/mdadm.conf || true')).toBe('0\n');
  });

  it('takes no disk that is in use, mounted, or carries a file system', slowly, async () => {
    await onLab(lab, 'sudo mkfs.ext4 -q /dev/vdh; sudo udevadm settle');
    const used = await blocked('mdadm.array.create', {
      array: '/dev/md0',
      level: '0',
      devices: [byId(1), byId(7)],
      spares: [],
      bitmap: 'none',
    });
    expect(used).toContain('/dev/md1 (raid1) is built on it');
    expect(used).toContain('/dev/vdh carries a signature: ext4');
    expect(await blocked('mdadm.member.add', { array: '/dev/md1', newDisk: byId(7) })).toContain('ext4');
    expect(await blocked('mdadm.member.add', { array: '/dev/md1', newDisk: '/dev/vda' })).toContain(
      'mounted at /',
    );
    expect(await onLab(lab, 'sudo blkid -p -o value -s TYPE /dev/vdh')).toBe('ext4\n');
    await onLab(lab, 'sudo wipefs -qa /dev/vdh; sudo udevadm settle');
  });

  it('checks, shows how far it is, and stops the check', slowly, async () => {
    await speed(1000);
    await done('mdadm.array.check', { array: '/dev/md5' });
    expect(await attribute('md5', 'sync_action')).toBe('check');
    const { activity } = await read('/dev/md5');
    expect(activity).toMatchObject({ kind: 'check', state: 'running' });
    expect(activity?.etaSeconds).toBeGreaterThan(10);
    await done('mdadm.array.idle', { array: '/dev/md5' });
    expect(await attribute('md5', 'sync_action')).toBe('idle');
  });

  it('finds what differs and repairs it', slowly, async () => {
    await speed(400_000);
    await onLab(
      lab,
      'sudo dd if=/dev/urandom of=/dev/vdc bs=64k seek=1000 count=4 oflag=direct conv=notrunc status=none',
    );
    await done('mdadm.array.check', { array: '/dev/md1' });
    await idle();
    expect(await attribute('md1', 'mismatch_cnt')).toBe('512');
    expect((await read('/dev/md1')).problems[0]?.text).toContain('256 KiB');
    await done('mdadm.array.repair', { array: '/dev/md1' });
    await idle();
    await mdadm('--action=check /dev/md1');
    await idle();
    expect(await attribute('md1', 'mismatch_cnt')).toBe('0');
  });

  it('takes the bitmap away and puts it back', slowly, async () => {
    await done('mdadm.array.bitmap', { array: '/dev/md1', bitmap: 'none' });
    expect(await mdadm('--detail /dev/md1')).not.toContain('Intent Bitmap');
    await done('mdadm.array.bitmap', { array: '/dev/md1', bitmap: 'internal' });
    expect(await mdadm('--detail /dev/md1')).toContain('Intent Bitmap : Internal');
  });

  it('sets a member faulty, rebuilds on the spare, and removes what failed', slowly, async () => {
    await speed(2000);
    const plan = await done('mdadm.member.fail', { array: '/dev/md1', member: byId(1) });
    expect(plan.typed.target).toBe('/dev/vdb');
    expect(await state('md1')).toBe('clean, degraded, recovering');
    expect((await read('/dev/md1')).activity).toMatchObject({ kind: 'resilver', state: 'running' });
    await done('mdadm.member.remove', { array: '/dev/md1', member: byId(1) });
    await idle();
    expect(await members('md1')).toEqual(['/dev/vdc active sync', '/dev/vdd active sync']);
  });

  it('never lets go of a member that the array cannot spare', slowly, async () => {
    await mdadm('/dev/md1 --fail /dev/vdd');
    expect(await blocked('mdadm.member.fail', { array: '/dev/md1', member: byId(2) })).toContain(
      'cannot do without /dev/vdc',
    );
    expect(await attribute('md1', 'array_state')).not.toBe('broken');
    expect((await read('/dev/md1')).health).toBe('critical');
  });

  it('replaces the failed member, and takes a former one back', slowly, async () => {
    await speed(400_000);
    await live.run(hostId, 'mdadm.member.replace', {
      array: '/dev/md1',
      member: byId(3),
      newDisk: byId(1),
    });
    await idle();
    expect(await members('md1')).toEqual(['/dev/vdb active sync', '/dev/vdc active sync']);
    await mdadm('/dev/md1 --fail /dev/vdc --remove /dev/vdc');
    await done('mdadm.member.add', { array: '/dev/md1', newDisk: byId(2) });
    await idle();
    expect(await members('md1')).toEqual(['/dev/vdb active sync', '/dev/vdc active sync']);
  });

  it('replaces a working member without a moment of degradation', slowly, async () => {
    await speed(2000);
    const plan = await done(
      'mdadm.member.replace',
      { array: '/dev/md5', member: byId(4), newDisk: byId(7) },
      'pending',
    );
    expect(plan.consequences.map(({ text }) => text).join(' ')).toContain('/dev/vde works');
    expect(await state('md5')).toBe('clean, recovering');
    expect((await read('/dev/md5')).activity).toMatchObject({ kind: 'replace', state: 'running' });
    await idle();
    expect(await members('md5')).toEqual([
      '/dev/vde faulty',
      '/dev/vdf active sync',
      '/dev/vdg active sync',
      '/dev/vdh active sync',
    ]);
    await done('mdadm.member.remove', { array: '/dev/md5', member: byId(4) });
  });

  it('grows over one more disk, and shows the reshape', slowly, async () => {
    await speed(2000);
    const before = Number(await onLab(lab, 'sudo blockdev --getsize64 /dev/md5'));
    await done('mdadm.array.grow', { array: '/dev/md5', raidDevices: 4, newDisks: [byId(8)] }, 'pending');
    await expect
      .poll(async () => (await read('/dev/md5')).activity, { timeout: 60_000, interval: 1000 })
      .toMatchObject({ kind: 'reshape', state: 'running' });
    await idle();
    expect(Number(await onLab(lab, 'sudo blockdev --getsize64 /dev/md5'))).toBe(before * 1.5);
  });

  it('uses the rest of disks that an array only used in part', slowly, async () => {
    await mdadm('--stop /dev/md1');
    await onLab(lab, 'sudo wipefs -qa /dev/vd[bcd]; sudo udevadm settle');
    await mdadm('--create /dev/md1 --run --level 1 --size 100M --raid-devices 2 /dev/vdb /dev/vdc');
    await idle();
    await done('mdadm.array.resize', { array: '/dev/md1' });
    expect(Number(await onLab(lab, 'sudo blockdev --getsize64 /dev/md1'))).toBe(523264 * 1024);
    await idle();
    expect(await blocked('mdadm.array.resize', { array: '/dev/md1' })).toContain('smallest disk already');
  });

  it('does not stop what is mounted or holds a volume group, and stops the rest', slowly, async () => {
    await onLab(lab, 'sudo mkfs.ext4 -q /dev/md5; sudo mkdir -p /mnt/md; sudo mount /dev/md5 /mnt/md');
    await onLab(lab, 'sudo pvcreate -q /dev/md1; sudo vgcreate -q vgmd /dev/md1; sudo udevadm settle');
    expect(await blocked('mdadm.array.stop', { array: '/dev/md5' })).toContain('mounted at /mnt/md');
    expect(await blocked('mdadm.array.stop', { array: '/dev/md1' })).toContain('Volume group vgmd');
    await onLab(lab, 'sudo vgremove -q -f vgmd; sudo pvremove -q /dev/md1; sudo umount /mnt/md');
    await onLab(lab, 'sudo udevadm settle');
    await done('mdadm.array.stop', { array: '/dev/md5' });
    expect(await mdstat()).not.toContain('md5');
  });

  it('shows what is stopped, and assembles it again', slowly, async () => {
    const stopped = await read('/dev/md5');
    expect(stopped).toMatchObject({ state: 'stopped', level: 'raid5' });
    const uuid = stopped.facts?.find(({ label }) => label === 'UUID')?.text ?? '';
    await done('mdadm.array.assemble', { array: '/dev/md5', uuid, startDegraded: false });
    expect(await mdstat()).toMatch(/^md5 : active/m);
    await mdadm('--stop /dev/md5');
    await onLab(lab, 'sudo mdadm --zero-superblock /dev/vdh; sudo udevadm settle');
    expect(
      await blocked('mdadm.array.assemble', { array: '/dev/md5', uuid, startDegraded: false }),
    ).toContain('1 member of 4 is not connected');
    await done('mdadm.array.assemble', { array: '/dev/md5', uuid, startDegraded: true });
    expect(await state('md5')).toBe('clean, degraded');
  });

  it('keeps a chain that verifies over all of it', async () => {
    const report = await live.call('audit:verify', { sourceId: hostId });
    expect(report.problems).toEqual([]);
    expect(report.rowCount).toBeGreaterThan(40);
  });
});
