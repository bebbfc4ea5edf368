import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { poolSchema, snapshotSchema, volumeSchema } from '../../../../src-preload/contract/inventory';
import { captured, expected } from '../testing/captured';
import { diskReport, groupReport, volumeReport } from './commands';
import { parseLvm, parseVersion } from './parse';
import { isInvalid, isOpen, isThickSnapshot, isThinSnapshot, parseVolumes } from './volumes';

const moments = [
  'none',
  'mixed',
  'merge-deferred',
  'merge-running',
  'invalid',
  'thin-85',
  'thin-full',
  'missing-disk',
  'moving',
  'raid-syncing',
] as const;
const unexpected = expect.objectContaining({ code: 'unexpected-output' });

function moment(prefix: string) {
  return parseLvm({
    groups: captured('lvm', `${prefix}-vgs`).stdout,
    volumes: captured('lvm', `${prefix}-lvs`).stdout,
    disks: captured('lvm', `${prefix}-pvs`).stdout,
  });
}

function snapshot(prefix: string, fullName: string) {
  return moment(prefix).snapshots.find((each) => each.fullName === fullName);
}

function pool(prefix: string, name: string) {
  return moment(prefix).pools.find((each) => each.name === name);
}

describe('an inventory of LVM', () => {
  it.each(moments)('reads the moment "%s"', (prefix) => {
    const inventory = moment(prefix);
    expect(inventory).toEqual(expected('lvm', prefix));
    for (const each of inventory.pools) poolSchema.parse(each);
    for (const each of inventory.volumes) volumeSchema.parse(each);
    for (const each of inventory.snapshots) snapshotSchema.parse(each);
  });

  it('shows a thin pool as a child of its volume group', () => {
    expect(pool('mixed', 'vg0/pool')).toMatchObject({
      id: 'lvm:vg0/pool',
      kind: 'thin-pool',
      parentPoolId: 'lvm:vg0',
      dataPercent: 4.53,
      metadataPercent: 10.94,
    });
    expect(snapshot('mixed', 'vg0/t1')).toMatchObject({ poolId: 'lvm:vg0/pool', volumeName: 'vg0/thin1' });
  });

  it('does not take the fill of a thin snapshot for that of a reservation', () => {
    expect(snapshot('mixed', 'vg0/t1')).toMatchObject({
      kind: 'lvm-thin',
      percentFull: null,
      usedBytes: null,
    });
    expect(snapshot('mixed', 'vg0/before')).toMatchObject({
      kind: 'lvm-thick',
      percentFull: 10.09,
      usedBytes: 62_914_560,
    });
  });

  it('shows a snapshot that is being merged, which lvs hides in brackets', () => {
    expect(snapshot('merge-deferred', 'vg0/before')).toMatchObject({
      state: 'merging',
      volumeName: 'vg0/data',
    });
    expect(pool('merge-deferred', 'vg0')?.activity).toMatchObject({
      kind: 'merge',
      state: 'paused',
      percent: null,
    });
    expect(pool('merge-running', 'vg0')?.activity).toMatchObject({
      kind: 'merge',
      state: 'running',
      percent: 21.04,
    });
  });

  it('calls an overflowed snapshot invalid, though its health field is empty', () => {
    expect(snapshot('invalid', 'vg0/ovf')?.state).toBe('invalid');
    expect(pool('invalid', 'vg0')).toMatchObject({ health: 'critical' });
    const rows = parseVolumes(
      'lvs',
      captured('lvm', 'lvm-079-lvs-snapshot-overflowed').stdout.replaceAll(
        '{"lv_name"',
        '{"lv_uuid":"u","vg_name":"vg0","lv_size":"1","lv_name"',
      ),
    );
    expect(rows.length).toBe(1);
    expect(
      isInvalid({ ...(rows[0] as (typeof rows)[number]), attributes: 'swi-I-s---', snapshotInvalid: '' }),
    ).toBe(true);
    expect(
      isInvalid({ ...(rows[0] as (typeof rows)[number]), attributes: 'swi-a-s---', snapshotInvalid: '' }),
    ).toBe(false);
  });

  it('warns at 80 % and is critical when a thin pool is full', () => {
    expect(pool('thin-85', 'vg0/pool')).toMatchObject({ health: 'warning', dataPercent: 89.53 });
    expect(pool('thin-full', 'vg0/pool')).toMatchObject({ health: 'critical', dataPercent: 100 });
  });

  it('sees a full thin pool also behind a missing disk', () => {
    const texts = pool('missing-disk', 'vg0/pool')?.problems.map(({ text }) => text) ?? [];
    expect(texts.some((text) => text.includes('partial'))).toBe(true);
    expect(texts.some((text) => text.includes('out of space'))).toBe(true);
  });

  it('names a missing disk by its uuid, as LVM has no other name for it', () => {
    const group = pool('missing-disk', 'vg0');
    expect(group?.health).toBe('critical');
    expect(group?.topology.find(({ state }) => state === 'missing')).toMatchObject({
      name: '[unknown]',
      note: 'uuid 3Yl0EH-ilSr-JaQ1-ir6V-2wLc-xGpW-aDtJ31',
      health: 'critical',
    });
  });

  it('keeps a raid volume a raid volume when it has a snapshot', () => {
    expect(moment('mixed').volumes.find(({ name }) => name === 'vg0/mir')).toMatchObject({ kind: 'raid' });
  });

  it('shows thin snapshots that lost their origin as volumes', () => {
    const { volumes, snapshots } = moment('thin-85');
    expect(volumes.map(({ name }) => name)).toEqual(expect.arrayContaining(['vg0/t2', 'vg0/u2']));
    expect(snapshots).toEqual([]);
  });

  it('says open, closed, and closed for a volume that is not active', () => {
    const volumes = parseVolumes('lvs', captured('lvm', 'mixed-lvs').stdout);
    const open = (name: string) => volumes.filter((volume) => volume.name === name).map(isOpen)[0];
    expect([open('data'), open('plain'), open('t1')]).toEqual([true, false, false]);
  });

  it('merges the rows that -o devices repeats for each segment', () => {
    const { stdout } = captured('lvm', 'lvm-104-lvs-missing');
    const rows = stdout.match(/"lv_name":"data2"/g)?.length;
    expect(rows).toBe(4);
    const withIds = stdout.replaceAll(
      /\{"lv_name":"([^"]*)"/g,
      '{"lv_uuid":"$1","vg_name":"vg0","lv_size":"1","lv_name":"$1"',
    );
    const data = parseVolumes('lvs', withIds).filter(({ name }) => name === 'data2');
    expect(data).toHaveLength(1);
    expect(data[0]?.devices).toEqual(['/dev/vdb(0)', '/dev/vdb(65)', '/dev/vdb(119)', '[unknown](0)']);
  });

  it('tells snapshots apart without the role field of newer versions', () => {
    const volumes = parseVolumes('lvs', captured('lvm', 'mixed-lvs').stdout);
    for (const volume of volumes) {
      const bare = { ...volume, roles: [] };
      expect([volume.name, isThickSnapshot(bare), isThinSnapshot(bare)]).toEqual([
        volume.name,
        isThickSnapshot(volume),
        isThinSnapshot(volume),
      ]);
    }
  });
});

describe('a report of lvm2', () => {
  const { stdout } = captured('lvm', 'mixed-lvs');

  it('may have WARNINGs around it', () => {
    const noisy = `  WARNING: You have not turned on protection against thin pools.\n  WARNING: {odd} words\n${stdout}  WARNING: done.\n`;
    expect(volumeReport.parse('lvs', noisy)).toEqual(volumeReport.parse('lvs', stdout));
  });

  it('may miss fields that an older version does not have', () => {
    const older = stdout.replaceAll(/"lv_when_full":"[^"]*", |"lv_merge_failed":"[^"]*", /g, '');
    expect(older).not.toBe(stdout);
    expect(volumeReport.parse('lvs', older).map(({ name }) => name)).toEqual(
      volumeReport.parse('lvs', stdout).map(({ name }) => name),
    );
  });

  it('may have fields that this version does not know', () => {
    const [volume] = volumeReport.parse('lvs', captured('lvm', 'lvm-017-lvs-a-cols').stdout);
    expect(volume).toMatchObject({ name: 'data', uuid: 'FhyR8K-Aghh-v0LQ-JOJ9-ziKe-eDg5-YW1eqY' });
  });

  it('must have what nothing can be said without', () => {
    expect(() => volumeReport.parse('lvs', stdout.replaceAll('"lv_uuid"', '"lv_id"'))).toThrow(unexpected);
    expect(() => volumeReport.parse('lvs', stdout.replaceAll('"lv_size":"', '"lv_size":"~'))).toThrow(
      unexpected,
    );
  });

  it.each(['host-015-vgs-empty', 'lvm-110-vgs-end', 'none-vgs'])('is none in %s', (name) => {
    expect(groupReport.parse('vgs', captured('lvm', name).stdout)).toEqual([]);
  });

  it('is refused when lvm2 did not know a field, though it printed valid JSON', () => {
    expect(() => volumeReport.parse('lvs', captured('lvm', 'lvm-027-lvs-bad-field').stdout)).toThrow(
      unexpected,
    );
  });

  it('is refused when it is of something else', () => {
    expect(() => diskReport.parse('pvs', captured('lvm', 'mixed-vgs').stdout)).toThrow(unexpected);
  });

  it('throws on whatever is no report', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(() => groupReport.parse('vgs', text)).toThrow(unexpected);
      }),
    );
  });

  it('throws when it is cut anywhere', () => {
    const body = stdout.trimEnd();
    fc.assert(
      fc.property(fc.nat(body.length - 1), (length) => {
        expect(() => volumeReport.parse('lvs', body.slice(0, length))).toThrow(unexpected);
      }),
    );
  });

  it('round-trips every name that LVM allows', () => {
    const name = fc.string({ unit: fc.constantFrom(...'aZ09+_.-'), minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(name, name, (group, volume) => {
        const text = JSON.stringify({
          report: [
            {
              lv: [
                { lv_uuid: 'u', lv_name: volume, vg_name: group, lv_attr: '-wi-a-----', lv_size: '4194304' },
              ],
            },
          ],
        });
        expect(parseVolumes('lvs', text)).toMatchObject([{ name: volume, groupName: group, hidden: false }]);
      }),
    );
  });
});

describe('small answers', () => {
  it('reads the version', () => {
    expect(parseVersion(captured('lvm', 'version').stdout)).toBe('2.03.16');
    expect(parseVersion('')).toBeNull();
  });

  it('reads creation times, and has none in another format', () => {
    const time = (text: string) => volumeReport.columns.createdAtMs.read(text);
    expect(time('2026-11-23 02:16:20 +0000')).toBe(Date.UTC(2026, 10, 23, 2, 16, 20));
    expect(time('2026-11-23 02:16:20 +0530')).toBe(Date.UTC(2026, 10, 22, 20, 46, 20));
    expect(time('Mon Nov 23 2026')).toBeNull();
  });
});
