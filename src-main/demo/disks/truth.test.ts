import { describe, expect, it } from 'vitest';
import { transcript } from '../../core/operations/actions/testing/transcript';
import { quoteArgv } from '../../core/ssh/quote';
import { assembleDisks, readDisks } from '../../core/storage/disks/read-disks';
import type { ProbeOutcome } from '../../core/storage/backend';
import { captured } from '../../core/storage/testing/captured';
import { createMachine, type Machine } from '../machine';
import { disksTools } from './index';
import { kvm03Disks } from './kvm-03';
import { passedTest, virtioDisk } from './makers';
import { nas01Disks } from './nas-01';
import { asctime } from './smart-text';
import type { DemoAttribute, DemoDisk } from './types';
import { vault02Disks } from './vault-02';

/** Holds the models to the truth: captures of the lab's disks against the same disks as models. */

const mebibyte = 1024 ** 2;
const halfGibibyte = 512 * mebibyte;
const bootMs = Date.parse('2026-11-23T05:23:00Z');

function attributeOf(id: number, name: string, more: Partial<DemoAttribute> = {}): DemoAttribute {
  return { id, name, value: 100, worst: 100, thresh: 0, flags: 'PO---- ', raw: 0, ...more };
}

const ide: DemoDisk = {
  name: 'sda',
  type: 'disk',
  sizeBytes: halfGibibyte,
  model: 'QEMU HARDDISK',
  serial: 'LABIDE0001',
  wwn: null,
  byId: ['ata-QEMU_HARDDISK_LABIDE0001'],
  transport: 'ata',
  subsystems: 'block:scsi:pci',
  rotational: true,
  physicalSectorBytes: 512,
  smart: {
    kind: 'ata',
    firmware: '2.5+',
    hours: 1,
    celsius: 31,
    powerCycles: 0,
    shortMinutes: 2,
    longMinutes: 54,
    tests: [],
    attributes: [
      attributeOf(1, 'Raw_Read_Error_Rate', { thresh: 6 }),
      attributeOf(3, 'Spin_Up_Time', { raw: 16 }),
      attributeOf(4, 'Start_Stop_Count', { thresh: 20, flags: '-O---- ', raw: 100 }),
      attributeOf(5, 'Reallocated_Sector_Ct', { thresh: 36 }),
      attributeOf(9, 'Power_On_Hours', { raw: 1 }),
      attributeOf(12, 'Power_Cycle_Count'),
      attributeOf(190, 'Airflow_Temperature_Cel', {
        value: 69,
        worst: 69,
        thresh: 50,
        raw: 522_125_343,
        rawText: '31 (Min/Max 31/31)',
      }),
    ],
  },
};

/** The same disk after the long test whose line the capture shows. */
const tested: DemoDisk = {
  ...ide,
  ...(ide.smart?.kind === 'ata'
    ? { smart: { ...ide.smart, tests: [passedTest('Extended offline', 4660)] } }
    : {}),
};

const virtio = (letter: string, number: number) =>
  virtioDisk({ name: `vd${letter}`, serial: `LABDISK000${number}`, sizeBytes: halfGibibyte });

/** vdb as `zpool create tank` left it in the lab. */
const vdb: DemoDisk = {
  ...virtio('b', 1),
  partitionTable: 'gpt',
  children: [
    {
      name: 'vdb1',
      type: 'part',
      sizeBytes: 526_385_152,
      content: { type: 'zfs_member', label: 'tank' },
      partitionLabel: 'zfs-30f858c6f05abad6',
    },
    { name: 'vdb9', type: 'part', sizeBytes: 8_388_608 },
  ],
};

function machine(disks: readonly DemoDisk[], nowMs: () => number = () => bootMs): Machine {
  return createMachine({ user: 'admin', tools: disksTools(() => disks, bootMs), nowMs });
}

/** As the core sends it: absolute path, sudo with `--`. */
function send(target: Machine, command: string) {
  const sudo = command.startsWith('sudo -n ');
  const [tool = '', ...rest] = (sudo ? command.slice('sudo -n '.length) : command).split(' ');
  const folder = ['lsblk', 'ls'].includes(tool) ? '/usr/bin' : '/usr/sbin';
  const name = tool.slice(tool.lastIndexOf('/') + 1);
  return target.run(`LC_ALL=C ${sudo ? 'sudo -n -- ' : ''}${[`${folder}/${name}`, ...rest].join(' ')}`);
}

/** The clock's part of smartctl's JSON. */
const withoutClock = (text: string): string =>
  text.replace(/"time_t": \d+/, '"time_t": 0').replace(/"asctime": "[^"]*"/, '"asctime": ""');

/** Captures made without sudo; `captured` leaves that word off. */
const unprivileged = new Set([
  'lsblk-one',
  'lsblk-missing',
  'lsblk-unknown-column',
  'smart-non-root',
  'host-039-by-id',
]);

function same(target: Machine, name: string): void {
  const { command, exitCode, stdout, stderr } = captured('disks', name);
  const demo = send(target, `${unprivileged.has(name) ? '' : 'sudo -n '}${command}`);
  expect({ exitCode: demo.exitCode, stdout: withoutClock(demo.stdout), stderr: demo.stderr }, name).toEqual({
    exitCode,
    stdout: withoutClock(stdout),
    stderr,
  });
}

describe('the tools of disks answer like Debian 12', () => {
  it.each(['lsblk-one', 'lsblk-missing', 'lsblk-unknown-column', 'wipefs-blank'])(
    '%s: to the letter',
    (name) => {
      same(machine([ide, vdb, virtio('i', 8)]), name);
    },
  );

  it('lists the links of disks and their partitions', () => {
    const real = captured('disks', 'host-039-by-id');
    const lab = machine([
      ide,
      ...'bcdefghi'.split('').map((letter, index) => virtio(letter, index + 1)),
      virtioDisk({ name: 'vda', serial: 'LABROOT', sizeBytes: 1024 * mebibyte }),
    ]);
    const untimed = (text: string) => text.replace(/Nov 23 \d\d:\d\d/g, 'WHEN');
    expect(untimed(send(lab, real.command).stdout)).toBe(untimed(real.stdout));
  });

  it.each(['smart-ata-passed', 'smart-virtio', 'smart-missing-disk', 'smart-non-root'])(
    '%s: the same JSON but for the clock',
    (name) => {
      same(machine([tested, vdb]), name);
    },
  );

  it('prints what smartctl prints of NVMe', () => {
    const disk: DemoDisk = {
      ...virtioDisk({ name: 'nvme0n1', serial: 'LABNVME0001', sizeBytes: halfGibibyte }),
      model: 'QEMU NVMe Ctrl',
      smart: {
        kind: 'nvme',
        firmware: '7.2.22',
        hours: 0,
        celsius: 50,
        powerCycles: 0,
        usedPercent: 0,
        mediaErrors: 0,
      },
    };
    const real = captured('disks', 'nvme-003-smartctl-json-a-ns');
    const demo = send(machine([disk]), `sudo -n ${real.command}`);
    expect(withoutClock(demo.stdout)).toBe(withoutClock(real.stdout));
  });

  it.each([
    'disk-selftest-short',
    'disk-selftest-short-virtual',
    'disk-selftest-long-missing',
    'disk-selftest-abort-none',
  ])('%s: the same words', (name) => {
    const [step] = transcript(name).steps;
    if (step === undefined) throw new Error(`${name} sent nothing.`);
    const demo = send(machine([ide, virtio('b', 1)]), `sudo -n ${quoteArgv(step.argv)}`);
    const untimed = (text: string) => text.replace(/complete after .* UTC/, 'complete after WHEN');
    expect(demo.exitCode).toBe(step.exitCode);
    expect(untimed(demo.stdout)).toBe(untimed(step.stdout));
  });

  it('counts a self-test down, logs its end, and lets it be stopped', () => {
    let nowMs = bootMs;
    const lab = machine([ide], () => nowMs);
    const status = () => {
      const { stdout } = send(lab, 'sudo -n smartctl --json -a -- /dev/sda');
      const report = JSON.parse(stdout) as {
        ata_smart_data: { self_test: { status: { value: number; remaining_percent?: number } } };
        ata_smart_self_test_log: { standard: { count: number } };
      };
      return {
        ...report.ata_smart_data.self_test.status,
        count: report.ata_smart_self_test_log.standard.count,
      };
    };
    expect(send(lab, 'sudo -n smartctl -t long -- /dev/sda').exitCode).toBe(0);
    expect(status()).toMatchObject({ value: 249, remaining_percent: 90, count: 0 });
    expect(send(lab, 'sudo -n smartctl -t short -- /dev/sda')).toMatchObject({ exitCode: 4 });
    nowMs += 30 * 60_000;
    expect(status()).toMatchObject({ value: 244, remaining_percent: 40 });
    expect(send(lab, 'sudo -n smartctl -X -- /dev/sda').exitCode).toBe(0);
    expect(status()).toMatchObject({ value: 20, count: 1 });
    send(lab, 'sudo -n smartctl -t short -- /dev/sda');
    nowMs += 3 * 60_000;
    expect(status()).toMatchObject({ value: 0, count: 2 });
  });

  it('refuses whatever would change a disk', () => {
    const lab = machine([ide, vdb]);
    for (const line of [
      'wipefs -a /dev/vdb',
      'wipefs -J -a -- /dev/vdb',
      'smartctl -s off /dev/sda',
      'smartctl -t force -- /dev/sda',
      'lsblk -O',
      'ls -l /etc',
      'blkid -g',
    ]) {
      expect(send(lab, `sudo -n ${line}`).exitCode, line).not.toBe(0);
    }
  });

  it('tells the time as smartctl does', () => {
    expect(asctime(Date.parse('2026-11-03T02:05:07Z'))).toBe('Tue Nov  3 02:05:07 2026 UTC');
  });
});

describe('the disks of the demo hosts', () => {
  const hosts: [string, () => DemoDisk[]][] = [
    ['nas-01', nas01Disks],
    ['vault-02', vault02Disks],
    ['kvm-03', kvm03Disks],
  ];

  it.each(hosts)('%s: no two disks share a name, a serial or an id', (_host, disks) => {
    const all = disks();
    for (const key of ['name', 'serial'] as const)
      expect(new Set(all.map((disk) => disk[key])).size).toBe(all.length);
    expect(new Set(all.flatMap(({ byId }) => byId)).size).toBe(all.flatMap(({ byId }) => byId).length);
  });

  it.each(hosts)('%s: is read by the core without a word it does not understand', async (_host, disks) => {
    const target = machine(disks());
    const located = new Map(['lsblk', 'ls', 'smartctl', 'wipefs'].map((tool) => [tool, tool]));
    const reading = await readDisks(
      async (probe): Promise<ProbeOutcome> => {
        const { exitCode, stdout, stderr } = send(
          target,
          `${probe.privileged ? 'sudo -n ' : ''}${quoteArgv(probe.argv)}`,
        );
        expect([probe.id, probe.acceptExitCodes.includes(exitCode)]).toEqual([probe.id, true]);
        return { ok: true, exitCode, stdout, stderr };
      },
      located,
      { backendsDone: Promise.resolve(), nowMs: Date.now },
    );
    const found = assembleDisks(reading, [], []);
    expect(found).toHaveLength(disks().length);
    expect(found.every(({ stablePath }) => stablePath.startsWith('/dev/disk/by-id/'))).toBe(true);
    expect(found.every(({ smart }) => smart.status !== 'unknown')).toBe(true);
  });
});
