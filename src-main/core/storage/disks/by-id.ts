import { unexpectedOutput } from '../unexpected';
import { diskPathPattern } from './commands';

export const byIdFolder = '/dev/disk/by-id/';

/** `ls -l /dev/disk/by-id`: link name to kernel name. Partitions, arrays and volumes have theirs here too. */
export function parseLinks(stdout: string): Map<string, string> {
  const links = new Map<string, string>();
  for (const line of stdout.split('\n')) {
    if (line === '' || line.startsWith('total ')) continue;
    const match = /^l.* (?<name>\S+) -> (?:\.\.\/\.\.\/|\/dev\/)(?<target>\S+)$/.exec(line)?.groups;
    if (match?.['name'] === undefined || match['target'] === undefined) {
      throw unexpectedOutput('ls -l /dev/disk/by-id', 'a line is no link to a device', line);
    }
    links.set(match['name'], match['target']);
  }
  return links;
}

/**
 * How well a name tells people which disk it is: model and serial first, then numbers of the hardware. Names of
 * what lies on a disk (`dm-`, `lvm-`, `md-`) and of USB bridges, which lend one serial to whatever is plugged in,
 * come last or never.
 */
const ranks: readonly RegExp[] = [
  /^nvme-(?!eui\.|uuid\.|nvme\.)/,
  /^ata-/,
  /^scsi-S/,
  /^virtio-/,
  /^mmc-/,
  /^wwn-/,
  /^scsi-/,
  /^nvme-/,
  /^usb-/,
];

function rankOf(name: string): number {
  return ranks.findIndex((pattern) => pattern.test(name));
}

/** Systemd 253 and newer add `_1`, the namespace, to a second name of an NVMe disk: the shorter one wins. */
function isBetter(name: string, known: string): boolean {
  const byRank = rankOf(name) - rankOf(known);
  if (byRank !== 0) return byRank < 0;
  return name.length === known.length ? name < known : name.length < known.length;
}

/** The best by-id name for each kernel name that has one. */
export function stableNames(links: ReadonlyMap<string, string>): Map<string, string> {
  const best = new Map<string, string>();
  for (const [name, kernelName] of links) {
    if (rankOf(name) === -1 || !diskPathPattern.test(byIdFolder + name)) continue;
    const known = best.get(kernelName);
    if (known === undefined || isBetter(name, known)) best.set(kernelName, name);
  }
  return best;
}
