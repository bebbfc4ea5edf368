import { describe, expect, it } from 'vitest';
import { createMachine, type Machine } from '../machine';
import { createRandom } from '../random';
import { readCapture } from '../testing/capture';
import { mdadmTools } from './commands';
import type { DemoDisk } from './disks';
import { MdadmModel } from './model';

/**
 * Holds the model to the truth: the captured commands of mdadm 4.2 on kernel 6.1 (core/storage/mdadm/fixtures) are
 * run against a model of the lab machine, in the order in which they were captured. Exit codes and messages are
 * compared to the letter, tables but for clocks, speeds and identities.
 */

const startMs = Date.parse('2026-11-23T08:45:00Z');
const mebibyte = 1024 ** 2;

const labDisk = (name: string, serial: string, minor: number, more: Partial<DemoDisk> = {}): DemoDisk => ({
  name,
  type: 'disk',
  major: 254,
  minor,
  sizeBytes: 512 * mebibyte,
  content: null,
  mountpoint: null,
  model: null,
  serial,
  byId: `virtio-${serial}`,
  transport: null,
  rotational: true,
  physicalSectorBytes: 512,
  partitions: [],
  ...more,
});

function lab(speedKib = 3000) {
  const model = new MdadmModel(createRandom(5), 'storagehost', speedKib);
  const root = { type: 'ext4', uuid: 'da495d0d-3626-4ca3-b36a-fdf0b060933e', label: 'root', version: '1.0' };
  model.disks.push(
    labDisk('sda', 'LABIDE0001', 0, { major: 8, model: 'QEMU HARDDISK' }),
    labDisk('vda', 'LABROOT', 0, { sizeBytes: 1024 * mebibyte, content: root, mountpoint: '/' }),
    ...'bcdefghi'
      .split('')
      .map((letter, index) => labDisk(`vd${letter}`, `LABDISK000${index + 1}`, (index + 1) * 16)),
  );
  let now = startMs;
  const machine = createMachine({ user: 'admin', tools: mdadmTools(model), nowMs: () => now });
  return {
    model,
    machine,
    pass: (seconds: number) => {
      now += seconds * 1000;
    },
  };
}

const folders: Record<string, string> = { mdadm: '/usr/sbin', blkid: '/usr/sbin' };

function sent(command: string): string {
  const sudo = command.startsWith('sudo -n ');
  const words = (sudo ? command.slice('sudo -n '.length) : command).replace(/^\/usr\/sbin\//, '');
  const tool = words.split(' ')[0] ?? '';
  return `LC_ALL=C ${sudo ? 'sudo -n -- ' : ''}${folders[tool] ?? '/usr/bin'}/${words}`;
}

/** What a clock, a random number or the speed of the machine decides, by its form only. */
function formOf(text: string): string {
  return text
    .replace(/\b[0-9a-f]{8}(?::[0-9a-f]{8}){3}\b/g, 'UUID')
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'UUID')
    .replace(/^UUID_SUB=.*\n/gm, '')
    .replace(/\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}/g, 'TIME')
    .replace(/Events : \d+/g, 'Events : N')
    .replace(/\d+% complete/g, 'N% complete')
    .replace(/\[=*>\.*\]/g, 'BAR')
    .replace(/= +\d+\.\d% \(\d+\/(\d+)\) finish=\d+\.\dmin speed=\d+K\/sec/g, '= N ($1)')
    .replace(/bitmap: \d+\/(\d+) pages \[\d+KB\]/g, 'bitmap: N/$1');
}

function replay(machine: Machine, name: string) {
  const real = readCapture('mdadm', name);
  const { exitCode, stdout, stderr } = machine.run(sent(real.command));
  return {
    real: { exitCode: real.exitCode, stdout: real.stdout, stderr: real.stderr },
    demo: { exitCode, stdout, stderr },
  };
}

function expectSame(machine: Machine, ...names: string[]): void {
  for (const name of names) {
    const { real, demo } = replay(machine, name);
    expect(demo, name).toEqual(real);
  }
}

function expectSameForm(machine: Machine, ...names: string[]): void {
  for (const name of names) {
    const { real, demo } = replay(machine, name);
    expect(demo.exitCode, name).toBe(real.exitCode);
    expect(demo.stderr, name).toBe(real.stderr);
    expect(formOf(demo.stdout), name).toBe(formOf(real.stdout));
  }
}

describe('software RAID answers like mdadm 4.2', () => {
  it('has no arrays at first, and the disks of lsblk to the letter', () => {
    const { machine } = lab();
    expectSame(machine, 'version', 'none-mdstat', 'none-lsblk', 'blkid-dashes');
    expectSame(machine, 'lsblk-missing', 'lsblk-by-id', 'detail-missing', 'FAIL-stop-missing');
    expectSame(machine, 'FAIL-add-no-array', 'FAIL-create-non-root', 'FAIL-create-twice');
  });

  it('creates, synchronises, checks and repairs', () => {
    const { machine, model, pass } = lab();
    expectSame(machine, 'FAIL-create-raid1-no-run', 'create-raid1', 'create-raid5');
    pass(4);
    for (const part of ['mdstat', 'detail-md0', 'detail-md5', 'sync-md0', 'sync-md5']) {
      expectSameForm(machine, `resync-${part}`);
    }
    pass(400);
    for (const part of ['mdstat', 'detail-md0', 'detail-md5', 'sync-md0', 'sync-md5']) {
      expectSameForm(machine, `idle-${part}`);
    }
    // udev had missed the superblock of vdf in the lab.
    const missed = model.disk('/dev/vdf');
    if (missed !== undefined) missed.content = null;
    expectSameForm(machine, 'idle-lsblk');
    expectSame(machine, 'check', 'check-again');
    pass(4);
    for (const part of ['mdstat', 'detail-md0', 'detail-md5', 'sync-md0', 'sync-md5']) {
      expectSameForm(machine, `checking-${part}`);
    }
    expectSame(
      machine,
      'FAIL-check-while-checking',
      'FAIL-repair-while-checking',
      'idle',
      'idle-again',
      'repair',
    );
    pass(4);
    expectSameForm(machine, 'repairing-detail-md5', 'repairing-sync-md5');
  });

  it('replaces a working member, which turns faulty when the copy is whole', () => {
    const { machine, model, pass } = lab();
    expectSame(machine, 'create-raid1', 'create-raid5');
    pass(400);
    // In the lab vdd had taken the place of vdb before.
    machine.run(sent('sudo -n mdadm /dev/md0 --replace /dev/vdb --with /dev/vdd'));
    pass(400);
    machine.run(sent('sudo -n mdadm /dev/md0 --remove /dev/vdb'));
    expectSame(machine, 'add-spare', 'replace');
    pass(4);
    expectSameForm(machine, 'replacing-mdstat', 'replacing-detail-md0', 'replacing-sync-md0');
    expectSame(machine, 'FAIL-remove-while-replacing');
    pass(400);
    expectSameForm(machine, 'replaced-mdstat', 'replaced-detail-md0');
    expect(
      model
        .array('/dev/md0')
        ?.members.map(({ state }) => state)
        .sort(),
    ).toEqual(['faulty', 'sync', 'sync']);
  });

  it('refuses what mdadm refuses', () => {
    const { machine, pass } = lab();
    expectSame(machine, 'create-raid1', 'create-raid5');
    pass(400);
    machine.run(sent('sudo -n mdadm /dev/md0 --replace /dev/vdb --with /dev/vdd'));
    pass(400);
    machine.run(sent('sudo -n mdadm /dev/md0 --remove /dev/vdb'));
    expectSame(machine, 'FAIL-remove-nonmember'.replace('remove', 'fail'), 'FAIL-replace-nonmember');
    expectSame(machine, 'FAIL-add-again', 'FAIL-add-busy', 'FAIL-add-mounted', 'FAIL-add-no-device');
    expectSame(machine, 'FAIL-create-existing', 'FAIL-create-busy-2', 'FAIL-add-non-root');
    expectSame(
      machine,
      'bitmap-none',
      'FAIL-bitmap-none-again',
      'bitmap-internal',
      'FAIL-bitmap-internal-again',
    );
    expectSame(machine, 'FAIL-detail-non-root', 'FAIL-array-non-root', 'FAIL-action-non-root');
  });

  it('has no redundancy to offer in a RAID0', () => {
    const { machine } = lab();
    machine.run(sent('sudo -n mdadm --create /dev/md7 --level 0 --raid-devices 2 /dev/vdh /dev/vdi'));
    expectSame(machine, 'FAIL-check-raid0', 'FAIL-bitmap-raid0', 'FAIL-add-raid0', 'FAIL-fail-raid0');
    expectSameForm(machine, 'in-use-detail-md7', 'in-use-sync-md7');
  });

  it('stops, remembers and assembles', () => {
    const { machine, pass, model } = lab();
    machine.run(sent('sudo -n mdadm --create /dev/md7 --level 0 --raid-devices 2 /dev/vdh /dev/vdi'));
    machine.run(
      sent(
        'sudo -n mdadm --create /dev/md5 --level 5 --raid-devices 3 --bitmap=internal /dev/vde /dev/vdf /dev/vdg',
      ),
    );
    pass(400);
    const md5 = model.array('/dev/md5');
    if (md5 === undefined) throw new Error('no md5');
    md5.mountpoint = '/mnt/md5';
    expectSame(machine, 'FAIL-stop-mounted', 'stop');
    expectSameForm(machine, 'stopped-examine', 'detail-scan');
    const uuid = model.stopped[0]?.uuid ?? '';
    const assembled = machine.run(sent(`sudo -n mdadm --assemble /dev/md7 --uuid ${uuid}`));
    expect(assembled).toMatchObject({ exitCode: 0, stderr: readCapture('mdadm', 'assemble').stderr });
    const again = machine.run(sent(`sudo -n mdadm --assemble /dev/md8 --uuid ${uuid}`));
    const real = readCapture('mdadm', 'FAIL-assemble-other-name');
    expect(again).toMatchObject({ exitCode: real.exitCode, stderr: real.stderr, stdout: real.stdout });
  });

  it('reshapes over one more disk', () => {
    const { machine, pass } = lab(2048);
    machine.run(
      sent(
        'sudo -n mdadm --create /dev/md5 --level 5 --raid-devices 3 --bitmap=internal /dev/vde /dev/vdf /dev/vdg',
      ),
    );
    pass(400);
    expectSame(machine, 'FAIL-grow-no-spare', 'grow-size-unchanged', 'grow');
    pass(2);
    // The lab had a RAID0 before and so knows one personality more.
    const reshaping = replay(machine, 'reshaping-mdstat');
    expect(formOf(reshaping.demo.stdout)).toBe(formOf(reshaping.real.stdout).replace('[raid0] ', ''));
    expectSameForm(machine, 'reshaping-detail-md5', 'reshaping-sync-md5');
    pass(400);
    expectSameForm(machine, 'reshaped-detail-md5', 'reshaped-sync-md5');
    expectSame(machine, 'FAIL-grow-less');
  });

  it('never does what Holdfast does not send', () => {
    const { machine, model } = lab();
    for (const words of [
      'mdadm --zero-superblock /dev/vdb',
      'mdadm --create /dev/md0 --level 1 --raid-devices 2 --force /dev/vdb /dev/vdc',
      'mdadm --assemble --force /dev/md0 /dev/vdb',
      'mdadm --manage /dev/md0 --add /dev/vdb',
      'cat /etc/shadow',
      'grep -s . /etc/shadow',
      'wipefs -a /dev/vdb',
      'ls -l /etc',
    ]) {
      const tool = words.split(' ')[0] ?? '';
      const folder = tool === 'wipefs' ? '/usr/sbin' : (folders[tool] ?? '/usr/bin');
      const result = machine.run(`LC_ALL=C sudo -n -- ${folder}/${words}`);
      expect(result.exitCode, words).not.toBe(0);
      expect(result.stdout, words).toBe('');
    }
    expect(model.arrays).toEqual([]);
  });
});
