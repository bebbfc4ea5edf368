import { z } from 'zod';
import { readJson } from '../unexpected';

/** One place of a host where a file system, or a part of it, can be reached. */
export interface Mount {
  /** Absolute path on the host. */
  target: string;
  /** Device, without the part in brackets. */
  source: string;
  type: string;
  /** What of the file system is mounted here: `/`, `/@home`. */
  root: string;
  options: readonly string[];
  uuid: string | null;
  label: string | null;
}

const reportSchema = z.object({
  filesystems: z.array(
    z.object({
      target: z.string(),
      source: z.string().nullable(),
      fstype: z.string().nullable(),
      fsroot: z.string().nullable(),
      options: z.string().nullable(),
      uuid: z.string().nullable(),
      label: z.string().nullable(),
    }),
  ),
});

/** `findmnt -J --list`: every mount, in the order of mounting. Exit 1 without a word: there are none. */
export function parseMounts(stdout: string, exitCode: number): Mount[] {
  if (exitCode === 1 && stdout.trim() === '') return [];
  const report = readJson('findmnt', stdout, reportSchema, 'it is not a list of mounts');
  return report.filesystems.map((row) => ({
    target: row.target,
    source: (row.source ?? '').replace(/\[.*\]$/, ''),
    type: row.fstype ?? '',
    root: row.fsroot ?? '/',
    options: (row.options ?? '').split(','),
    uuid: row.uuid,
    label: row.label,
  }));
}

export function isReadOnlyMount(mount: Mount): boolean {
  return mount.options.includes('ro');
}

/** The subvolume that is mounted, by its id; the top level (5) where the kernel does not say. */
export function subvolumeIdOf(mount: Mount): number {
  const id = mount.options.flatMap((option) => /^subvolid=(\d+)$/.exec(option)?.[1] ?? [])[0];
  return id === undefined ? 5 : Number(id);
}

/** A deleted subvolume that is still mounted: `/nested//deleted` (Linux 6.1). */
function isDeleted(mount: Mount): boolean {
  return mount.root.endsWith('//deleted');
}

function below(path: string, folder: string): string | null {
  if (folder === '/') return path;
  if (path === folder) return '/';
  return path.startsWith(`${folder}/`) ? path.slice(folder.length) : null;
}

const joined = (folder: string, rest: string): string =>
  rest === '/' ? folder : `${folder === '/' ? '' : folder}${rest}`;

/**
 * The mount to ask btrfs through: the one that shows the most of the file system, and of those the shortest.
 * A writable one goes before a read-only one.
 */
export function chooseMount(mounts: readonly Mount[]): Mount | null {
  const usable = mounts.filter((mount) => !isDeleted(mount));
  const order = (mount: Mount): [number, number, number] => [
    isReadOnlyMount(mount) ? 1 : 0,
    mount.root.length,
    mount.target.length,
  ];
  return (
    [...usable].sort((a, b) => {
      const [one, two] = [order(a), order(b)];
      return one[0] - two[0] || one[1] - two[1] || one[2] - two[2] || (a.target < b.target ? -1 : 1);
    })[0] ?? null
  );
}

/**
 * The path of the host under which a subvolume is reached: at its own mount, else below the closest mount of what
 * holds it. null: no mount shows it.
 *
 * @param path of the subvolume in its file system, from `/`
 */
export function hostPathOf(path: string, mounts: readonly Mount[]): { path: string; mount: Mount } | null {
  const reaching = mounts.flatMap((mount) => {
    const rest = isDeleted(mount) ? null : below(path, mount.root);
    return rest === null ? [] : [{ mount, path: joined(mount.target, rest) }];
  });
  return (
    reaching.sort((a, b) => b.mount.root.length - a.mount.root.length || a.path.length - b.path.length)[0] ??
    null
  );
}

/** Where a subvolume itself is mounted. */
export function mountsOf(path: string, mounts: readonly Mount[]): Mount[] {
  return mounts.filter((mount) => mount.root === path);
}
