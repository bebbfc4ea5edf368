import { fstabPath, mountPointPattern } from '../../core/storage/disks/mount-commands';
import { table } from '../json-table';
import type { SimulatedTool } from '../machine';
import { failed, succeeded, type CommandResult } from '../result';
import { allBlocks, uuidOf, type DemoBlock, type DemoDisk } from './types';

/** mount(8), umount(8), findmnt(8) of util-linux 2.38.1, sed 4.9 and coreutils 9.1, as far as mounting by UUID needs them. */

interface DemoMount {
  /** `/dev/sdc1` */
  source: string;
  type: string;
  uuid: string;
  options: string;
}

/** What is mounted by hand on a simulated host, the folders for it, and fstab. */
export class DemoMounts {
  readonly mounts = new Map<string, DemoMount>();
  readonly folders = new Set<string>();
  /** As the installer of Debian begins it. */
  fstab = '# /etc/fstab: static file system information.\nproc /proc proc defaults 0 0\n';

  constructor(private readonly disks: () => readonly DemoDisk[]) {}

  /** The disks with what is mounted now. */
  shown(): DemoDisk[] {
    const places = new Map([...this.mounts].map(([place, { source }]) => [source, place]));
    const shownBlock = <Block extends DemoBlock>(block: Block): Block => {
      const mountpoint = places.get(`/dev/${block.name}`);
      const children = block.children?.map(shownBlock);
      return {
        ...block,
        ...(children === undefined ? {} : { children }),
        ...(mountpoint === undefined
          ? {}
          : {
              mountpoint,
              filesystem: {
                sizeBytes: Math.round(block.sizeBytes * 0.982),
                usedBytes: Math.round(block.sizeBytes * 0.41),
              },
            }),
      };
    };
    return this.disks().map(shownBlock);
  }

  byUuid(uuid: string): { source: string; type: string; place: string | null } | null {
    for (const [path, { block, disk }] of allBlocks(this.shown())) {
      if (uuidOf(block, disk) === uuid) {
        return { source: path, type: block.content?.type ?? '', place: block.mountpoint ?? null };
      }
    }
    return null;
  }
}

const unknown = (tool: string, words: readonly string[]): CommandResult =>
  failed(1, `${tool}: the demo host does not know "${words.join(' ')}"\n`);

const hint = '       dmesg(1) may have more information after failed mount system call.\n';

function mount(model: DemoMounts, words: readonly string[]): CommandResult {
  const [, type = '', , options = '', , tag = '', place = ''] = words;
  const found = model.byUuid(tag.replace(/^UUID=/, ''));
  if (found === null) return failed(1, `mount: ${place}: can't find ${tag}.\n`);
  const { source } = found;
  if (!model.folders.has(place)) return failed(32, `mount: ${place}: mount point does not exist.\n${hint}`);
  if (found.place !== null) {
    return failed(32, `mount: ${place}: ${source} already mounted on ${found.place}.\n${hint}`);
  }
  if (found.type !== type) {
    return failed(
      32,
      `mount: ${place}: wrong fs type, bad option, bad superblock on ${source}, missing codepage or helper program, or other error.\n${hint}`,
    );
  }
  const given = options.split(',');
  const all = [given.includes('ro') ? 'ro' : 'rw', ...given.filter((each) => each !== 'ro'), 'relatime'];
  model.mounts.set(place, { source, type, uuid: tag.replace(/^UUID=/, ''), options: all.join(',') });
  return succeeded('', 120);
}

function umount(model: DemoMounts, place: string): CommandResult {
  return model.mounts.delete(place) ? succeeded('', 80) : failed(32, `umount: ${place}: not mounted.\n`);
}

function findmnt(model: DemoMounts, words: readonly string[]): CommandResult {
  if (words.join(' ') === '--fstab -J --list -o TARGET,SOURCE,FSTYPE') {
    const lines = model.fstab.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
    const rows = lines.map((line) => {
      const [source = '', target = '', fstype = ''] = line.trim().split(/\s+/);
      return { target, source, fstype };
    });
    return rows.length === 0 ? failed(1, '') : succeeded(table('filesystems', rows), 6);
  }
  const target = words.at(-1) ?? '';
  if (words.slice(0, -1).join(' ') !== '-J --list -o TARGET,SOURCE,FSTYPE,OPTIONS,UUID -M') {
    return unknown('findmnt', words);
  }
  const found = model.mounts.get(target);
  if (found === undefined) return failed(1, '');
  const { source, type: fstype, options, uuid } = found;
  return succeeded(table('filesystems', [{ target, source, fstype, options, uuid }]), 6);
}

const addScript = /^1\{x;G;s\|\.\*\|(UUID=[^|&]+)&\|\}$/;
const removeScript =
  /^h;s\|\[\[:blank:\]\]\*UUID=(\S+?)\[\[:blank:\]\]\+(\S+?)\/\?\[\[:blank:\]\]\.\*\|\|;T;\/\.\/g;\/\.\/b;d$/;

function sed(model: DemoMounts, words: readonly string[]): CommandResult {
  const [inPlace, extended, links, script = '', path] = words;
  if ([inPlace, extended, links].join(' ') !== '-i -E --follow-symlinks' || path !== fstabPath) {
    return unknown('sed', words);
  }
  const added = addScript.exec(script)?.[1];
  const removed = removeScript.exec(script);
  if (added !== undefined) {
    if (model.fstab !== '') model.fstab = `${added}\n${model.fstab}`;
    return succeeded('', 5);
  }
  if (removed === null) return unknown('sed', words);
  const [, uuid = '', place = ''] = removed;
  const gone = new RegExp(`^\\s*UUID=${uuid}\\s+${place}/?\\s.*(?:\\n|$)`, 'gm');
  model.fstab = model.fstab.replaceAll(gone, '');
  return succeeded('', 5);
}

function stat(model: DemoMounts, words: readonly string[], nowMs: number): CommandResult {
  const path = words.at(-1) ?? '';
  const seconds = Math.floor(nowMs / 1000);
  if (path === fstabPath) {
    return succeeded(`regular file/${Buffer.byteLength(model.fstab)}/${seconds}\n`, 1);
  }
  return model.folders.has(path)
    ? succeeded(`directory/4096/${seconds}\n`, 1)
    : failed(1, `stat: cannot statx '${path}': No such file or directory\n`);
}

function ls(model: DemoMounts, path: string): CommandResult {
  return model.folders.has(path)
    ? succeeded(model.mounts.has(path) ? 'lost+found\n' : '', 2)
    : failed(2, `ls: cannot access '${path}': No such file or directory\n`);
}

function mkdir(model: DemoMounts, path: string): CommandResult {
  if (model.folders.has(path)) return failed(1, `mkdir: cannot create directory '${path}': File exists\n`);
  model.folders.add(path);
  return succeeded('', 2);
}

function rmdir(model: DemoMounts, path: string): CommandResult {
  if (model.mounts.has(path))
    return failed(1, `rmdir: failed to remove '${path}': Device or resource busy\n`);
  return model.folders.delete(path)
    ? succeeded('', 2)
    : failed(1, `rmdir: failed to remove '${path}': No such file or directory\n`);
}

const isPlace = (path: string | undefined): boolean => path !== undefined && mountPointPattern.test(path);
const onPlace = (words: readonly string[]): boolean =>
  words.length === 2 && words[0] === '--' && isPlace(words[1]);

/** Each answers for places of mounts and for fstab; what else a host has of that name answers the rest. */
export function mountTools(model: DemoMounts): SimulatedTool[] {
  return [
    {
      name: 'mount',
      folder: '/usr/bin',
      run: (words, { root }) =>
        !root
          ? failed(1, 'mount: only root can do that\n')
          : /^-t \S+ -o \S+ -- UUID=\S+ \S+$/.test(words.join(' '))
            ? mount(model, words)
            : unknown('mount', words),
    },
    {
      name: 'umount',
      folder: '/usr/bin',
      run: (words, { root }) =>
        onPlace(words) && root ? umount(model, words[1] ?? '') : unknown('umount', words),
    },
    {
      name: 'findmnt',
      folder: '/usr/bin',
      takes: (words) => words[0] === '--fstab' || words.at(-2) === '-M',
      run: (words) => findmnt(model, words),
    },
    {
      name: 'sed',
      folder: '/usr/bin',
      run: (words, { root }) => (root ? sed(model, words) : unknown('sed', words)),
    },
    {
      name: 'stat',
      folder: '/usr/bin',
      takes: (words) =>
        words.slice(0, -1).join(' ') === '-c %F/%s/%Y --' &&
        (words.at(-1) === fstabPath || isPlace(words.at(-1))),
      run: (words, { nowMs }) => stat(model, words, nowMs),
    },
    {
      name: 'ls',
      folder: '/usr/bin',
      takes: (words) => words[0] === '-A' && onPlace(words.slice(1)),
      run: (words) => ls(model, words[2] ?? ''),
    },
    {
      name: 'mkdir',
      folder: '/usr/bin',
      takes: onPlace,
      run: (words) => mkdir(model, words[1] ?? ''),
    },
    {
      name: 'rmdir',
      folder: '/usr/bin',
      takes: onPlace,
      run: (words) => rmdir(model, words[1] ?? ''),
    },
  ];
}
