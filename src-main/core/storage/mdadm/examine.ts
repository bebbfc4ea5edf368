import { unexpectedOutput } from '../unexpected';

/** One array as the superblocks of its members tell it: `mdadm --examine --scan --verbose`. */
export interface ExaminedArray {
  /** As the superblock names it: `/dev/md/0`. */
  path: string | null;
  level: string | null;
  metadata: string | null;
  raidDevices: number | null;
  spares: number;
  uuid: string;
  name: string | null;
  devices: string[];
}

/**
 * `ARRAY` lines, each maybe continued by indented ones (mdadm.conf(5)). A `spares=` or `devices=` stands on a
 * line of its own (4.2).
 */
export function parseArrayLines(command: string, stdout: string): ExaminedArray[] {
  const joined: string[] = [];
  for (const line of stdout.split('\n').filter((each) => each.trim() !== '')) {
    if (/^\s/.test(line) && joined.length > 0) joined.push(`${joined.pop() ?? ''} ${line.trim()}`);
    else joined.push(line.trim());
  }
  return joined.flatMap((line): ExaminedArray[] => {
    const [first = '', ...words] = line.split(/\s+/);
    if (first !== 'ARRAY' && first !== 'INACTIVE-ARRAY') {
      throw unexpectedOutput(command, 'a line does not begin with ARRAY', line);
    }
    const values = new Map<string, string>();
    let path: string | null = null;
    for (const word of words) {
      const equals = word.indexOf('=');
      if (equals > 0) values.set(word.slice(0, equals), word.slice(equals + 1));
      else if (word.startsWith('/dev/')) path = word;
    }
    const uuid = values.get('UUID');
    if (uuid === undefined) throw unexpectedOutput(command, 'an array has no UUID', line);
    // A member of a container is told by its place there, not by devices of its own.
    if (values.has('container')) return [];
    const count = values.get('num-devices');
    return [
      {
        path,
        level: values.get('level') ?? null,
        metadata: values.get('metadata') ?? null,
        raidDevices: count !== undefined && /^\d+$/.test(count) ? Number(count) : null,
        spares: Number(values.get('spares') ?? '0') || 0,
        uuid,
        name: values.get('name') ?? null,
        devices: (values.get('devices') ?? '').split(',').filter((device) => device !== ''),
      },
    ];
  });
}

/**
 * Sectors behind the used part of each member: what `--grow --size max` gains. `mdadm --examine DEVICE…`.
 * Throws `unexpected-output` when a device has no such line (0.90 metadata has none).
 */
export function parseUnusedSectors(stdout: string): Map<string, number> {
  const unused = new Map<string, number>();
  let device: string | null = null;
  for (const line of stdout.split('\n')) {
    device = /^(\/dev\/\S+):$/.exec(line)?.[1] ?? device;
    const after = /^ *Unused Space : before=-?\d+ sectors, after=(-?\d+) sectors/.exec(line)?.[1];
    if (device !== null && after !== undefined) unused.set(device, Number(after));
  }
  if (unused.size === 0) {
    throw unexpectedOutput('mdadm --examine', 'no line "Unused Space" is in it', stdout);
  }
  return unused;
}
