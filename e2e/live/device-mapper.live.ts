import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxVolume } from '../../src-preload/contract/sandbox';
import { onLab, readLab, type Lab } from './lab';
import { startLiveCore, type LiveCore } from './live-core';

const slowly = { timeout: 300_000 };
const polling = { timeout: 60_000, interval: 500 };
const root = '/var/lib/holdfast/sandboxes';
const platform = '00000000-0000-0000-0000-000000000000';

/** Sandbox volumes on the real device-mapper, checked with dmsetup and losetup themselves, past Holdfast. */
describe('device-mapper volumes on the lab machine', () => {
  let lab: Lab;
  let live: LiveCore;
  let hostId: string;

  const devices = (): Promise<string> => onLab(lab, 'sudo dmsetup table | grep ^sbx- || true');
  const loops = (): Promise<string> => onLab(lab, `sudo losetup -a | grep ${root} || true`);
  const done = async (action: string, input: Parameters<LiveCore['run']>[2]): Promise<void> => {
    const { result } = await live.run(hostId, action, input);
    expect([action, result.outcome, result.message]).toEqual([action, 'ok', expect.any(String)]);
  };
  const read = async (): Promise<SandboxVolume[]> => {
    const { sandbox, sandboxError } = await live.call('inventory:refresh', { hostId });
    expect(sandboxError ?? null).toBeNull();
    return (sandbox?.volumes ?? []).filter(({ driver }) => driver === 'device-mapper');
  };
  const one = async (): Promise<SandboxVolume | undefined> =>
    (await read()).find(({ name }) => name === 'one');
  const clear = (): Promise<string> =>
    onLab(
      lab,
      `sudo umount /mnt 2>/dev/null; for d in $(sudo dmsetup ls --target snapshot | grep ^sbx- | cut -f1); do sudo dmsetup remove $d; done; for l in $(sudo losetup -a | grep ${root} | cut -d: -f1); do sudo losetup -d $l; done; sudo rm -rf /var/lib/holdfast /etc/holdfast; true`,
    );

  beforeAll(async () => {
    lab = readLab();
    await clear();
    await onLab(
      lab,
      `sudo mkdir -p ${root}/templates && cd ${root}/templates && sudo truncate -s 24M base.ext4 && sudo mkfs.ext4 -q -F -L base base.ext4`,
    );
    live = await startLiveCore();
    hostId = (await live.addLabHost(lab)).id;
    await live.call('settings:update', { readOnly: false });
  }, 240_000);

  afterAll(async () => {
    await live?.close();
    await clear();
  });

  it('adds a template and expands it to the default size of the host', slowly, async () => {
    await done('dm.settings', { root, prefix: 'sbx-', defaultSize: '48M' });
    await done('dm.template.register', { name: 'base', team: platform, vcpus: 1, memoryMib: 256 });
    await done('dm.template.expand', { name: 'base' });
    expect(await onLab(lab, `sudo stat -c %s ${root}/templates/base.ext4`)).toBe(`${48 * 1024 ** 2}\n`);
    expect(
      await onLab(lab, `sudo dumpe2fs -h ${root}/templates/base.ext4 2>/dev/null | grep '^Block count'`),
    ).toMatch(/ (?:12288|49152)\n/);
  });

  it('makes two volumes on one read-only loop device', slowly, async () => {
    await done('dm.volume.create', { id: 'one', template: 'base', size: '8M', team: platform });
    await done('dm.volume.create', { id: 'two', template: 'base', size: '64M', team: platform });
    const tables = await devices();
    const base = /sbx-one: 0 98304 snapshot (7:\d+) 7:\d+ P 8/.exec(tables)?.[1];
    expect(base).toBeDefined();
    expect(tables).toContain(`sbx-two: 0 98304 snapshot ${base ?? ''} `);
    expect((await loops()).trim().split('\n')).toHaveLength(3);
    expect(await onLab(lab, `sudo blockdev --getro /dev/loop${base?.slice(2) ?? ''}`)).toBe('1\n');
  });

  it(
    'refuses what is mounted, keeps what was written, and lets the template go with its last user',
    slowly,
    async () => {
      await onLab(lab, 'sudo mount /dev/mapper/sbx-two /mnt && echo kept | sudo tee /mnt/kept >/dev/null');
      const plan = await live.call('operations:plan', {
        hostId,
        action: 'dm.volume.remove',
        input: { id: 'two' },
      });
      expect(plan.blockers.map(({ text }) => text).join()).toContain('Sandbox two is in use');
      await onLab(lab, 'sudo umount /mnt');
      await done('dm.volume.remove', { id: 'two' });
      expect((await loops()).trim().split('\n')).toHaveLength(2);
      await done('dm.volume.restore', { id: 'two' });
      expect(
        await onLab(lab, 'sudo mount -o ro /dev/mapper/sbx-two /mnt && cat /mnt/kept; sudo umount /mnt'),
      ).toBe('kept\n');
      await done('dm.volume.flatten', { id: 'two', name: 'two-image', team: platform });
      expect(
        await onLab(lab, `sudo e2fsck -fn ${root}/templates/two-image.ext4 2>/dev/null; echo $?`),
      ).toMatch(/\n0\n$/);
      await done('dm.volume.pause', { id: 'two' });
      expect(await onLab(lab, `sudo ls ${root}/paused/two`)).toBe('rootfs.cow\nrootfs.meta\n');
      await done('dm.volume.resume', { id: 'two' });
      await done('dm.volume.destroy', { id: 'two' });
    },
  );

  it('grows a volume in use, and shows one that ran full as lost for good', slowly, async () => {
    await done('dm.volume.grow', { id: 'one', size: '16M' });
    expect(await onLab(lab, 'sudo dmsetup status sbx-one')).toMatch(/ snapshot \d+\/32768 /);
    const grown = await one();
    await onLab(lab, 'sudo dd if=/dev/urandom of=/dev/mapper/sbx-one bs=1M count=14 conv=fsync status=none');
    // A reading that was under way when the volume was written to shows it as it was then.
    await expect.poll(async () => (await one())?.health, polling).toBe('warning');
    const nearly = await one();
    const written = await onLab(lab, `sudo stat --format=%Y ${root}/volumes/one.cow`);
    expect(nearly?.changedAtMs).toBe(Number(written) * 1000);
    expect(nearly?.changedAtMs).toBeGreaterThan(grown?.changedAtMs ?? Infinity);
    expect(nearly?.percentFull).toBeGreaterThan(80);
    expect(nearly?.percentFull).toBeLessThan(95);
    await onLab(
      lab,
      'sudo dd if=/dev/urandom of=/dev/mapper/sbx-one bs=1M count=24 conv=fsync status=none || true',
    );
    expect(await onLab(lab, 'sudo dmsetup status sbx-one')).toContain('Invalid');
    await expect.poll(async () => (await one())?.state, polling).toBe('lost (invalid)');
    expect(await one()).toMatchObject({
      health: 'critical',
      problems: [{ text: expect.stringContaining('lost for good') }],
    });
    await done('dm.volume.destroy', { id: 'one' });
    expect([await devices(), await loops()]).toEqual(['', '']);
  });

  it(
    'takes back what it made when the kernel refuses a step, and finds what others left behind',
    slowly,
    async () => {
      const plan = await live.call('operations:plan', {
        hostId,
        action: 'dm.volume.create',
        input: { id: 'late', template: 'base', size: '8M', team: platform },
      });
      // Somebody takes its name when the world was read again and the first steps have run.
      const taken = onLab(
        lab,
        `for i in $(seq 1 3000); do if sudo test -e ${root}/volumes/late.cow; then sudo dmsetup create sbx-late --table '0 8 error'; exit; fi; sleep 0.05; done`,
      );
      const result = await live.call('operations:run', {
        planId: plan.id,
        typedTarget: null,
        typedHost: null,
      });
      await taken;
      expect(result.outcome, result.message).toBe('failed');
      // The kernel said no, behind steps that were done and are taken back.
      const before = result.steps.filter(({ status }) => status === 'done');
      const failed = result.steps.filter(({ status }) => status === 'failed');
      expect([before.length > 0, failed.length]).toEqual([true, 1]);
      expect(failed[0]?.stderr).toContain('Device or resource busy');
      await onLab(lab, 'sudo dmsetup remove sbx-late');
      expect([await loops(), await onLab(lab, `sudo ls ${root}/volumes`)]).toEqual(['', '']);

      await onLab(
        lab,
        `cd ${root} && sudo truncate -s 8M volumes/left.cow && sudo losetup /dev/loop40 ${root}/volumes/left.cow && sudo touch templates/half.ext4.part`,
      );
      const left = async (): Promise<string[]> =>
        (await read())
          .filter(({ presence }) => presence === 'leftover')
          .map(({ id }) => id.slice(3))
          .toSorted();
      await expect
        .poll(left, polling)
        .toEqual(['file:templates/half.ext4.part', 'file:volumes/left.cow', 'loop:/dev/loop40']);
      await done('dm.leftovers.clean', { leftovers: await left() });
      expect([await loops(), await onLab(lab, `sudo ls ${root}/volumes`)]).toEqual(['', '']);
    },
  );

  it('lets all of a host go, and destroys templates that nothing is made of any more', slowly, async () => {
    await done('dm.volume.create', { id: 'last', template: 'base', size: '8M', team: platform });
    const refusedPlan = await live.call('operations:plan', {
      hostId,
      action: 'dm.template.destroy',
      input: { name: 'base', asTeam: null },
    });
    expect(refusedPlan.blockers.length).toBeGreaterThan(0);
    expect((await loops()).trim().split('\n')).toHaveLength(2);
    await done('dm.host.release', {});
    expect([await devices(), await loops()]).toEqual(['', '']);
    // Its files stay, and it comes back from them.
    expect(await onLab(lab, `sudo ls ${root}/volumes`)).toBe('last.cow\nlast.json\n');
    await done('dm.volume.restore', { id: 'last' });
    await done('dm.volume.destroy', { id: 'last' });
    for (const name of ['two-image', 'base']) await done('dm.template.destroy', { name, asTeam: null });
    expect(await onLab(lab, `sudo ls -A ${root}/templates`)).toBe('');
    expect([await devices(), await loops()]).toEqual(['', '']);
  });
});
