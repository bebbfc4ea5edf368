import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createSnapshotArgv,
  isLvmName,
  lvmProbes,
  mergeSnapshotArgv,
  readGroupArgv,
  readVolumesArgv,
  removeSnapshotArgv,
  reservedWord,
  sizeInBytes,
} from './commands';

const volumeFields =
  'lv_uuid,lv_name,vg_name,lv_attr,lv_layout,lv_role,lv_size,lv_active,lv_device_open,lv_health_status,lv_snapshot_invalid,lv_merging,lv_merge_failed,origin,pool_lv,data_percent,snap_percent,metadata_percent,copy_percent,lv_time,lv_when_full,segtype,devices';
const groupFields = 'vg_name,vg_uuid,vg_attr,vg_size,vg_free,vg_extent_size,vg_missing_pv_count';

describe('commands that change something', () => {
  it('creates a thick and a thin snapshot', () => {
    expect(createSnapshotArgv('vg0', 'data', 'before', '1G')).toEqual([
      'lvcreate',
      '-L',
      '1G',
      '-s',
      '-n',
      'before',
      'vg0/data',
    ]);
    expect(createSnapshotArgv('vg0', 'thin1', 't1', null)).toEqual([
      'lvcreate',
      '-s',
      '-n',
      't1',
      'vg0/thin1',
    ]);
  });

  it('removes, without force', () => {
    expect(removeSnapshotArgv('vg0', 'before')).toEqual(['lvremove', '-y', '--', 'vg0/before']);
  });

  it('merges', () => {
    expect(mergeSnapshotArgv('vg0', 'before')).toEqual(['lvconvert', '--merge', '--', 'vg0/before']);
  });

  const strange = [
    '',
    '-f',
    '--force',
    '.',
    '..',
    'a/b',
    'a b',
    'a@b',
    'ä',
    'a\n',
    '[a]',
    '/dev/vg0',
    'x'.repeat(128),
  ];
  it.each(strange)('never builds a command on %j', (name) => {
    expect(() => removeSnapshotArgv('vg0', name)).toThrow(RangeError);
    expect(() => removeSnapshotArgv(name, 'before')).toThrow(RangeError);
    expect(() => mergeSnapshotArgv('vg0', name)).toThrow(RangeError);
    expect(() => createSnapshotArgv('vg0', 'data', name, '1G')).toThrow(RangeError);
    expect(() => createSnapshotArgv('vg0', name, 'x', '1G')).toThrow(RangeError);
  });

  it('names exactly one volume, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), fc.string({ maxLength: 30 }), (group, name) => {
        let argv: string[];
        try {
          argv = removeSnapshotArgv(group, name);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          return;
        }
        expect(argv).toEqual(['lvremove', '-y', '--', `${group}/${name}`]);
        expect(argv[3]).toMatch(/^[A-Za-z0-9+_.][A-Za-z0-9+_.-]*\/[A-Za-z0-9+_.][A-Za-z0-9+_.-]*$/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('names and sizes', () => {
  it.each(['data', 'data-1', 'a+b', '_x', '.hidden', 'x'.repeat(127)])('knows %j', (name) => {
    expect(isLvmName(name)).toBe(true);
  });

  it.each([
    ['snapshot1', 'snapshot'],
    ['pvmove0', 'pvmove'],
    ['x_tdata', '_tdata'],
    ['x_mlog', '_mlog'],
    ['x_rimage_0', '_rimage'],
    ['before-update', null],
    ['mysnapshot', null],
  ])('keeps %s to LVM because of %s', (name, word) => {
    expect(reservedWord(name)).toBe(word);
  });

  it.each([
    ['512M', 536_870_912],
    ['1G', 1_073_741_824],
    ['4K', 4096],
    ['2T', 2_199_023_255_552],
  ])('reads %s', (size, bytes) => {
    expect(sizeInBytes(size)).toBe(bytes);
  });

  it.each(['', '0M', '-1G', '1', '1g', '1.5G', '1GB', '10%FREE', '1G ', '99999999G'])(
    'refuses the size %j',
    (size) => {
      expect(() => sizeInBytes(size)).toThrow(RangeError);
    },
  );
});

describe('reads', () => {
  it('asks for exactly this', () => {
    expect(Object.values(lvmProbes).map(({ argv }) => argv.join(' '))).toEqual([
      'lvm version',
      `vgs --reportformat json --units b --nosuffix -o ${groupFields}`,
      `lvs -a --reportformat json --units b --nosuffix -o ${volumeFields}`,
      'pvs --reportformat json --units b --nosuffix -o pv_name,pv_uuid,vg_name,pv_attr,pv_missing,pv_size,pv_free',
    ]);
    expect(readGroupArgv('vg0')).toEqual([
      'vgs',
      '--reportformat',
      'json',
      '--units',
      'b',
      '--nosuffix',
      '-o',
      groupFields,
      '--',
      'vg0',
    ]);
    expect(readVolumesArgv('vg0').slice(-3)).toEqual([volumeFields, '--', 'vg0']);
  });
});
