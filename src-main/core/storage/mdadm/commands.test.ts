import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addMemberArgv,
  assembleArrayArgv,
  bitmapArgv,
  createArrayArgv,
  detailProbe,
  examineProbe,
  failMemberArgv,
  growDevicesArgv,
  growSizeArgv,
  isDevicePath,
  mdadmProbes,
  readBlockArgv,
  readPhysicalVolumeArgv,
  readSignatureArgv,
  removeMemberArgv,
  replaceMemberArgv,
  stopArrayArgv,
  syncActionArgv,
  syncProbe,
  type NewArray,
} from './commands';

const byId = (number: number): string => `/dev/disk/by-id/virtio-LABDISK000${number}`;
const uuid = 'cc7925fe:7bf049f2:58a1d69d:3269a5a7';
const created = (more: Partial<NewArray>): string =>
  createArrayArgv({
    path: '/dev/md0',
    level: '5',
    devices: ['/dev/sdb', '/dev/sdc', '/dev/sdd'],
    spares: [],
    bitmap: 'internal',
    run: false,
    ...more,
  }).join(' ');

describe('commands of mdadm', () => {
  it('reads without root what needs none', () => {
    expect(Object.values(mdadmProbes).map(({ argv, privileged }) => [argv.join(' '), privileged])).toEqual([
      ['mdadm --version', true],
      ['cat /proc/mdstat', false],
      ['lsblk -J -b -o NAME,KNAME,PATH,TYPE,SIZE,RO,RM,FSTYPE,LABEL,MOUNTPOINT,SERIAL,MODEL', false],
    ]);
    expect(detailProbe('md127').argv).toEqual(['mdadm', '--detail', '/dev/md127']);
    expect(detailProbe('md_data').argv).toEqual(['mdadm', '--detail', '/dev/md_data']);
    expect(syncProbe('md0').argv.slice(0, 4)).toEqual(['grep', '-s', '.', '/sys/block/md0/md/array_state']);
    expect(examineProbe(['/dev/sdb', '/dev/sdc1']).argv.join(' ')).toBe(
      'mdadm --examine --brief --verbose /dev/sdb /dev/sdc1',
    );
    expect(readBlockArgv('/dev/sdb').slice(-2)).toEqual(['--', '/dev/sdb']);
    expect(readSignatureArgv('/dev/sdb')).toEqual(['blkid', '-p', '-o', 'export', '--', '/dev/sdb']);
    expect(readPhysicalVolumeArgv('/dev/md0').slice(-2)).toEqual(['--', '/dev/md0']);
  });

  it('creates with level, number of members and devices, and --run only where it is asked for', () => {
    expect(created({})).toBe(
      'mdadm --create /dev/md0 --level 5 --raid-devices 3 --bitmap=internal /dev/sdb /dev/sdc /dev/sdd',
    );
    expect(created({ spares: [byId(7)], bitmap: 'none', run: true })).toBe(
      `mdadm --create /dev/md0 --level 5 --raid-devices 3 --spare-devices 1 --bitmap=none --run /dev/sdb /dev/sdc /dev/sdd ${byId(7)}`,
    );
    expect(created({ level: '0', bitmap: null, devices: ['/dev/sdb', '/dev/sdc'] })).toBe(
      'mdadm --create /dev/md0 --level 0 --raid-devices 2 /dev/sdb /dev/sdc',
    );
  });

  it('builds every other command exactly', () => {
    expect(stopArrayArgv('/dev/md0').join(' ')).toBe('mdadm --stop /dev/md0');
    expect(assembleArrayArgv('/dev/md0', uuid, false).join(' ')).toBe(
      `mdadm --assemble /dev/md0 --uuid ${uuid}`,
    );
    expect(assembleArrayArgv('/dev/md0', uuid, true).at(-1)).toBe('--run');
    expect(syncActionArgv('/dev/md0', 'repair').join(' ')).toBe('mdadm --action=repair /dev/md0');
    expect(bitmapArgv('/dev/md0', 'none').join(' ')).toBe('mdadm --grow /dev/md0 --bitmap=none');
    expect(growDevicesArgv('/dev/md0', 4, []).join(' ')).toBe('mdadm --grow /dev/md0 --raid-devices 4');
    expect(growDevicesArgv('/dev/md0', 5, [byId(1), byId(2)]).join(' ')).toBe(
      `mdadm --grow /dev/md0 --raid-devices 5 --add ${byId(1)} ${byId(2)}`,
    );
    expect(growSizeArgv('/dev/md0').join(' ')).toBe('mdadm --grow /dev/md0 --size max');
    expect(addMemberArgv('/dev/md0', byId(3)).join(' ')).toBe(`mdadm /dev/md0 --add ${byId(3)}`);
    expect(addMemberArgv('/dev/md0', byId(3), true).join(' ')).toBe(`mdadm /dev/md0 --add-spare ${byId(3)}`);
    expect(failMemberArgv('/dev/md0', '/dev/sdb').join(' ')).toBe('mdadm /dev/md0 --fail /dev/sdb');
    expect(removeMemberArgv('/dev/md0', '/dev/sdb').join(' ')).toBe('mdadm /dev/md0 --remove /dev/sdb');
    expect(removeMemberArgv('/dev/md0', null).join(' ')).toBe('mdadm /dev/md0 --remove detached');
    expect(replaceMemberArgv('/dev/md0', '/dev/sdb', byId(3)).join(' ')).toBe(
      `mdadm /dev/md0 --replace /dev/sdb --with ${byId(3)}`,
    );
  });

  it('never takes a word that is no path of a device, no name of an array and no UUID', () => {
    const builders: ((word: string) => string[])[] = [
      (word) => createArrayArgv({ path: word, level: '1', devices: [], spares: [], bitmap: null, run: true }),
      (word) =>
        createArrayArgv({
          path: '/dev/md0',
          level: '1',
          devices: [word],
          spares: [],
          bitmap: null,
          run: true,
        }),
      stopArrayArgv,
      growSizeArgv,
      readBlockArgv,
      readSignatureArgv,
      (word) => syncActionArgv(word, 'check'),
      (word) => assembleArrayArgv('/dev/md0', word, false),
      (word) => addMemberArgv('/dev/md0', word),
      (word) => failMemberArgv('/dev/md0', word),
      (word) => removeMemberArgv('/dev/md0', word),
      (word) => replaceMemberArgv('/dev/md0', '/dev/sdb', word),
      (word) => growDevicesArgv('/dev/md0', 4, [word]),
      (word) => [...examineProbe([word]).argv],
      (word) => [...detailProbe(word).argv],
      (word) => [...syncProbe(word).argv],
    ];
    const nasty = fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.constantFrom(
        '--force',
        '-f',
        '/dev/../etc/shadow',
        '/dev/disk/by-id/../../sda',
        '/dev/sdb /dev/sdc',
        '/dev/sdb\n',
        '/etc/passwd',
        '/dev/md0;reboot',
        'missing',
        'detached',
        'md0/../../sda',
      ),
    );
    const fine = /^(?:\/dev\/[a-z][\w-]*|[0-9a-f:]{35}|md[\w.+-]*)$/;
    fc.assert(
      fc.property(fc.constantFrom(...builders), nasty, (build, word) => {
        try {
          build(word);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          return;
        }
        expect(word).toMatch(fine);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    '/dev/sdb',
    '/dev/nvme0n1p3',
    '/dev/disk/by-id/nvme-Samsung_SSD_990_PRO_2TB_S7DN:1',
    '/dev/disk/by-partuuid/0b1f8d5c-6a0e-4a57-9c3d-2f4be51c0001',
    '/dev/disk/by-path/pci-0000:00:17.0-ata-1.0',
    '/dev/mapper/mpatha',
  ])('takes %s for a device', (path) => {
    expect(isDevicePath(path)).toBe(true);
  });

  it.each(['/dev/', 'sdb', '/dev/shm/x', '/dev/disk/by-label/data', '/dev/disk/by-id/a..b', '/dev/-x'])(
    'does not take %s for a device',
    (path) => {
      expect(isDevicePath(path)).toBe(false);
    },
  );
});
