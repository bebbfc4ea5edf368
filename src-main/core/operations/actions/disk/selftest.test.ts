import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Disk, Smart } from '../../../../../src-preload/contract/disks';
import type { Host } from '../../../../../src-preload/contract/hosts';
import type { HostInventory } from '../../../../../src-preload/contract/inventory';
import { withoutSmart } from '../../../storage/disks/smart-report';
import { captured } from '../../../storage/testing/captured';
import { gate } from '../../gate';
import { offersFor } from '../../offers';
import { actions, catalogue } from '../index';
import { transcript, transcriptNames } from '../testing/transcript';

const ide = '/dev/disk/by-id/ata-QEMU_HARDDISK_LABIDE0001';
const names = transcriptNames().filter((name) => name.startsWith('disk-'));
const selfTestIds = ['disk.selftest.short', 'disk.selftest.long', 'disk.selftest.abort'] as const;
type Json = Record<string, unknown>;

/** The captured disk, with the status byte of a self-test under way (ATA8-ACS: 15 in the high half). */
function world(remaining: number | null) {
  const raw = JSON.parse(captured('disks', 'smart-ata-passed').stdout) as Json & { ata_smart_data: Json };
  const status =
    remaining === null
      ? { value: 0, string: 'completed without error', passed: true }
      : { value: 240 + remaining / 10, string: 'in progress', remaining_percent: remaining };
  const stdout = JSON.stringify({
    ...raw,
    ata_smart_data: {
      ...raw.ata_smart_data,
      self_test: { status, polling_minutes: { short: 2, extended: 720 } },
    },
  });
  return {
    nowMs: () => 0,
    lastKnownStatus: () => Promise.resolve(null),
    read: () => Promise.resolve({ exitCode: 0, stdout, stderr: '' }),
  };
}

const parse = (id: (typeof selfTestIds)[number]) => actions[id].parse({ device: ide });

describe('self-tests of a disk', () => {
  it('send exactly the command, and nothing that forces', async () => {
    const argv = async (id: (typeof selfTestIds)[number], left: number | null) =>
      (await parse(id).plan(world(left))).steps.map((step) => step.argv);
    expect(await argv('disk.selftest.short', null)).toEqual([['smartctl', '-t', 'short', '--', ide]]);
    expect(await argv('disk.selftest.long', null)).toEqual([['smartctl', '-t', 'long', '--', ide]]);
    expect(await argv('disk.selftest.abort', 90)).toEqual([['smartctl', '-X', '--', ide]]);
  });

  it('name the disk by model and serial and say how long the maker needs', async () => {
    const plan = await parse('disk.selftest.long').plan(world(null));
    const text = plan.consequences.map((each) => each.text).join(' ');
    expect(text).toContain('QEMU HARDDISK, serial LABIDE0001');
    expect(text).toContain('720 min');
    expect(plan).toMatchObject({ risk: 'safe', blockers: [], undo: `smartctl -X -- ${ide}` });
  });

  it('are not started over one that runs, and stopped only when one runs', async () => {
    const start = await parse('disk.selftest.short').plan(world(60));
    expect(start.blockers[0]?.text).toContain('running, 60 % left');
    expect((await parse('disk.selftest.abort').plan(world(60))).blockers).toEqual([]);
    expect((await parse('disk.selftest.abort').plan(world(null))).blockers[0]?.text).toContain(
      'No self-test',
    );
  });

  it('rest on nothing that moves while they run', async () => {
    const at = async (left: number) => (await parse('disk.selftest.abort').plan(world(left))).preconditions;
    expect(await at(80)).toEqual(await at(20));
  });

  it('are verified by what the disk then says', async () => {
    const { preconditions } = await parse('disk.selftest.long').plan(world(null));
    expect(await parse('disk.selftest.long').verify(world(90), preconditions)).toEqual({
      status: 'confirmed',
      text: 'The self-test is running, 90 % left.',
    });
    expect(await parse('disk.selftest.long').verify(world(null), preconditions)).toMatchObject({
      status: 'not-there',
    });
    expect(await parse('disk.selftest.abort').verify(world(50), {})).toMatchObject({ status: 'not-there' });
    expect(await parse('disk.selftest.abort').verify(world(null), {})).toMatchObject({ status: 'confirmed' });
  });

  it('refuse what is no disk', () => {
    const refused = expect.objectContaining({ code: 'invalid-request' });
    for (const device of [
      '-a',
      '/dev/',
      '/dev/../etc/passwd',
      '/dev/disk/by-id/../../sda',
      '/dev/disk/by-id/-x',
      '/dev/sda /dev/sdb',
      '/dev/mapper/vg0-root',
      '/etc/passwd',
      '/dev/sda\n',
      '/dev/sda;reboot',
    ]) {
      for (const id of selfTestIds) expect(() => actions[id].parse({ device }), device).toThrow(refused);
    }
  });

  it('plan no word that was not chosen, whatever the input', async () => {
    const known = new Set(['smartctl', '-t', 'short', 'long', '-X', '--']);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...selfTestIds),
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `/dev/${text}`),
          fc.string().map((text) => `/dev/disk/by-id/${text}`),
        ),
        async (id, device) => {
          let bound;
          try {
            bound = actions[id].parse({ device });
          } catch (error) {
            expect(error).toMatchObject({ code: 'invalid-request' });
            return;
          }
          const { steps } = await bound.plan(world(null));
          const words = steps.flatMap(({ argv }) => argv).filter((word) => !known.has(word));
          expect(words).toEqual([device]);
          expect(device).toMatch(/^\/dev\/[A-Za-z0-9+.:@_/-]+$/);
          expect(device).not.toContain('..');
        },
      ),
    );
  });

  it('have transcripts of real runs: done, refused by virtual disks, and of a disk that is not there', () => {
    expect(names.length).toBeGreaterThan(7);
    const outcome = (name: string) => transcript(name).expected.verification;
    expect(outcome('disk-selftest-short')).toMatchObject({ status: 'confirmed' });
    expect(outcome('disk-selftest-long')).toMatchObject({ status: 'confirmed' });
    for (const name of names.filter((each) => /virtual|missing|none/.test(each))) {
      expect(transcript(name).steps.every(({ exitCode }) => exitCode !== 0)).toBe(true);
    }
  });
});

describe('what a disk offers', () => {
  const host: Host = {
    id: 'nas',
    name: 'nas',
    address: '127.0.0.1',
    port: 22,
    user: 'admin',
    auth: { kind: 'agent' },
    sudo: true,
    environment: { label: 'Lab', colour: 'teal', production: false },
    accessLevel: 'operate',
    demo: false,
    createdAtMs: 0,
  };
  const passed: Smart = {
    ...withoutSmart('unknown', ''),
    status: 'passed',
    reason: null,
    selfTest: { state: 'none', remainingPercent: null, text: 'never run' },
  };
  const disk = (smart: Smart): Disk => ({
    id: 'sda',
    path: '/dev/sda',
    stablePath: ide,
    model: null,
    serial: null,
    wwn: null,
    sizeBytes: 1e9,
    transport: 'ata',
    rotational: true,
    removable: false,
    readOnly: false,
    logicalSectorBytes: 512,
    physicalSectorBytes: 512,
    partitions: [],
    uses: [],
    ineligible: [],
    smartReadAtMs: 1_000,
    smart,
    health: 'ok',
  });
  /** No backend at all: a disk's actions belong to none. */
  const inventory = (smart: Smart): HostInventory => ({
    hostId: 'nas',
    takenAtMs: 0,
    durationMs: 0,
    backends: [],
    pools: [],
    volumes: [],
    snapshotCount: 0,
    disks: [disk(smart)],
    disksError: null,
  });
  const offers = (smart: Smart, patch: Partial<Parameters<typeof offersFor>[0]> = {}) =>
    new Map(
      offersFor({
        catalogue,
        host,
        readOnly: false,
        inventory: inventory(smart),
        subject: { kind: 'disk', diskId: 'sda' },
        snapshotOf: () => null,
        nowMs: 0,
        ...patch,
      })
        .filter(({ action }) => action.startsWith('disk.selftest.'))
        .map((offer) => [offer.action, offer]),
    );
  const excuses = (...found: Parameters<typeof offers>) =>
    selfTestIds.map((id) => offers(...found).get(id)?.excuse);

  it('stands on the disk without any backend, with input its action takes', () => {
    const found = offers(passed);
    expect([...found.keys()]).toEqual([...selfTestIds]);
    expect(excuses(passed)).toEqual([null, null, 'No self-test is under way.']);
    for (const { action, input, fields } of found.values()) {
      expect(fields).toEqual([]);
      expect(() => catalogue.get(action)?.parse(input)).not.toThrow();
    }
  });

  it('has an excuse: a test under way, no SMART, an old smartctl, read-only, access', () => {
    const running: Smart = {
      ...passed,
      selfTest: { state: 'running', remainingPercent: 40, text: 'running, 40 % left' },
    };
    expect(excuses(running)).toEqual([
      'A self-test is running, 40 % left.',
      'A self-test is running, 40 % left.',
      null,
    ]);
    for (const excuse of excuses(withoutSmart('unavailable', 'A virtual disk has no SMART.'))) {
      expect(excuse).toBe('A virtual disk has no SMART.');
    }
    const old: Smart = {
      ...passed,
      selfTest: { state: 'unsupported', remainingPercent: null, text: 'smartctl 7.3 knows none' },
    };
    expect(excuses(old)[0]).toContain('smartctl 7.3');
    expect(excuses(passed, { readOnly: true })[0]).toContain('read-only');
    expect(excuses(passed, { host: { ...host, accessLevel: 'view' } })[0]).toContain('may only view');
  });

  it('goes through the gate by its own access level, without a backend', () => {
    const action = actions['disk.selftest.short'];
    expect(action.backend).toBeNull();
    const ask = (accessLevel: Host['accessLevel']) =>
      gate({
        accessLevel,
        minimumAccess: action.minimumAccess,
        readOnly: false,
        hostName: 'nas',
        title: action.title,
      });
    expect(ask('operate')).toBeNull();
    expect(ask('view')?.message).toContain('Start short self-test needs the access level "operate"');
  });
});
