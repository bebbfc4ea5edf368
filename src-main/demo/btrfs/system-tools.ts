import type { SimulatedTool } from '../machine';
import { failed, succeeded } from '../result';
import { table } from '../json-table';
import { exclusiveOf, type BtrfsModel } from './model';
import type { DemoDisk, DemoFilesystem, DemoMount } from './types';

function mountRow(filesystem: DemoFilesystem, mount: DemoMount) {
  const subvolume = filesystem.subvolumes.find(({ path }) => `/${path}` === mount.root);
  const source = filesystem.devices.find(({ missing, id }) => !missing && id !== 0)?.path ?? '';
  return {
    target: mount.target,
    source: mount.root === '/' ? source : `${source}[${mount.root}]`,
    fstype: 'btrfs',
    fsroot: mount.root,
    options: `${mount.options},subvolid=${subvolume?.id ?? 5},subvol=${mount.root}`,
    uuid: filesystem.uuid,
    label: filesystem.label === '' ? null : filesystem.label,
  };
}

const rootMount = {
  target: '/',
  source: '/dev/sda2',
  fstype: 'ext4',
  fsroot: '/',
  options: 'rw,relatime',
  uuid: '80228614-43c8-427f-8de0-9617bb135ba2',
  label: null,
};
const columns = 'TARGET,SOURCE,FSTYPE,FSROOT,OPTIONS,UUID,LABEL';

function contentOf(disk: DemoDisk, model: BtrfsModel): { type: string; label: string; uuid: string } | null {
  const owner = model.ownerOf(disk);
  if (owner !== null) return { type: 'btrfs', label: owner.label, uuid: owner.uuid };
  return disk.content === null ? null : { ...disk.content, uuid: '5c0f8b1e-6a0d-4a57-9f5e-2f1f3e0c7a11' };
}

/** findmnt, stat, readlink, cat, lsblk and blkid, each only as Holdfast asks it about btrfs. */
export function btrfsSystemTools(model: BtrfsModel): SimulatedTool[] {
  const unknown = (tool: string, words: readonly string[]) =>
    failed(1, `${tool}: the demo host does not know "${words.join(' ')}"\n`);
  return [
    {
      name: 'findmnt',
      folder: '/usr/bin',
      run: (words) => {
        if (words.join(' ') === `-J --list -t btrfs -o ${columns}`) {
          const rows = model.filesystems.flatMap((filesystem) =>
            filesystem.mounts.map((mount) => mountRow(filesystem, mount)),
          );
          return rows.length === 0 ? failed(1, '') : succeeded(table('filesystems', rows), 8);
        }
        if (words.slice(0, -1).join(' ') !== `-J --list -o ${columns} -T`) return unknown('findmnt', words);
        const path = words.at(-1) ?? '';
        if (!model.isFolder(path)) return failed(1, '');
        const place = model.placeOf(path);
        const row = place === null ? rootMount : mountRow(place.filesystem, place.mount);
        return succeeded(table('filesystems', [row]), 8);
      },
    },
    {
      name: 'stat',
      folder: '/usr/bin',
      run: (words) => {
        const path = words.at(-1) ?? '';
        if (words.slice(0, -1).join(' ') !== '-c %F --') return unknown('stat', words);
        return model.isFolder(path)
          ? succeeded('directory\n', 1)
          : failed(1, `stat: cannot statx '${path}': No such file or directory\n`);
      },
    },
    {
      name: 'readlink',
      folder: '/usr/bin',
      run: (words) =>
        words.join(' ') === '-e /etc/localtime'
          ? succeeded('/usr/share/zoneinfo/Etc/UTC\n', 1)
          : unknown('readlink', words),
    },
    {
      name: 'cat',
      folder: '/usr/bin',
      run: (words, { nowMs }) => {
        const uuid = /^-- \/sys\/fs\/btrfs\/([0-9a-f-]{36})\/exclusive_operation$/.exec(words.join(' '))?.[1];
        model.live(nowMs);
        const found = model.filesystems.find((each) => each.uuid === uuid && each.mounts.length > 0);
        return found === undefined
          ? failed(1, `cat: ${words.at(-1) ?? ''}: No such file or directory\n`)
          : succeeded(`${exclusiveOf(found)}\n`, 1);
      },
    },
    {
      name: 'lsblk',
      folder: '/usr/bin',
      run: (words) => {
        const path = words.at(-1) ?? '';
        const known =
          words.slice(0, -1).join(' ') === '-J -b -o NAME,PATH,TYPE,SIZE,RO,FSTYPE,LABEL,MOUNTPOINT --';
        if (!known) return unknown('lsblk', words);
        const disk = model.diskOf(path);
        if (disk === null) {
          return failed(32, `lsblk: ${path}: not a block device\n`, table('blockdevices', []));
        }
        const content = contentOf(disk, model);
        const mount = model.ownerOf(disk)?.mounts[0]?.target ?? null;
        return succeeded(
          table('blockdevices', [
            {
              name: disk.path.replace('/dev/', ''),
              path: disk.path,
              type: 'disk',
              size: disk.sizeBytes,
              ro: false,
              fstype: content?.type ?? null,
              label: content === null || content.label === '' ? null : content.label,
              mountpoint: mount,
            },
          ]),
          10,
        );
      },
    },
    {
      name: 'blkid',
      folder: '/usr/sbin',
      run: (words) => {
        if (words.slice(0, -1).join(' ') !== '-p -o export --') return unknown('blkid', words);
        const disk = model.diskOf(words.at(-1) ?? '');
        const content = disk === null ? null : contentOf(disk, model);
        if (disk === null || content === null) return failed(2, '');
        const label = content.label === '' ? '' : `LABEL=${content.label.replaceAll(' ', '\\ ')}\n`;
        return succeeded(
          `DEVNAME=${disk.path}\n${label}UUID=${content.uuid}\nBLOCK_SIZE=4096\nTYPE=${content.type}\nUSAGE=filesystem\n`,
          6,
        );
      },
    },
  ];
}
