import { createRandom } from '../random';
import { failed, succeeded, type CommandResult } from '../result';
import { snapshotFiles } from '../snapshot-files';
import type { VirtualNode } from '../virtual-files';
import { splitAt, type ZfsModel } from './model';

/** `zfs diff -FHt`: of the files that SFTP shows, those that a simulated user changed meanwhile. */

/** As stream_bytes() in libzfs_diff.c prints them. */
function escaped(path: string): string {
  return [...Buffer.from(path, 'utf8')]
    .map((byte) =>
      byte > 0x20 && byte < 0x7f && byte !== 0x5c
        ? String.fromCharCode(byte)
        : `\\0${byte.toString(8).padStart(3, '0')}`,
    )
    .join('');
}

interface Place {
  path: string;
  node: VirtualNode;
}

function walk(path: string, node: VirtualNode): Place[] {
  if (node.kind !== 'folder') return [{ path, node }];
  return [{ path, node }, ...[...node.children()].flatMap(([name, child]) => walk(`${path}/${name}`, child))];
}

export function diffText(model: ZfsModel, operands: readonly string[], nowMs: number): CommandResult {
  const [from = '', to = ''] = operands;
  const dataset = model.allDatasets().find(({ name }) => name === splitAt(from)?.dataset);
  const earlier = dataset?.snapshots.find(({ part }) => part === splitAt(from)?.part);
  if (dataset === undefined || earlier === undefined) {
    return failed(1, `Cannot diff ${from}: snapshot does not exist\n`);
  }
  const later = to.includes('@')
    ? dataset.snapshots.find(({ part }) => part === splitAt(to)?.part)
    : undefined;
  if (to.includes('@') && later === undefined) {
    return failed(1, `Cannot diff ${to}: snapshot does not exist\n`);
  }
  const { mountpoint } = dataset;
  if (mountpoint === null || !mountpoint.startsWith('/')) {
    return failed(1, `Cannot diff ${from}: unable to determine mount point\n`);
  }
  const root = snapshotFiles(model).find(
    `${mountpoint === '/' ? '' : mountpoint}/.zfs/snapshot/${earlier.part}`,
  );
  if (root === null) return succeeded('', 60);
  const untilMs = later?.createdAtMs ?? nowMs;
  const spanMs = Math.max(0, untilMs - earlier.createdAtMs);
  const random = createRandom(Math.round(earlier.createdAtMs % 1_000_003) + Math.round(untilMs % 999_983));
  const share = Math.min(0.3, spanMs / (60 * 86_400_000));
  const lines: string[] = [];
  const line = (letter: string, mark: string, path: string, more = ''): void => {
    const at = earlier.createdAtMs + Math.floor(random.next() * spanMs);
    lines.push(
      `${Math.floor(at / 1000)}.${String(at % 1000).padStart(3, '0')}000000\t${letter}\t${mark}\t${escaped(path)}${more}\n`,
    );
  };
  for (const { path, node } of walk(mountpoint, root)) {
    if (random.next() >= share) continue;
    if (node.kind === 'folder') {
      line('M', '/', path);
      line('+', 'F', `${path}/draft of ${new Date(untilMs).getUTCFullYear()}.md`);
      continue;
    }
    const turn = random.next();
    if (turn < 0.7) line('M', 'F', path);
    else if (turn < 0.85) line('-', 'F', `${path}~`);
    else line('R', 'F', `${path}.part`, `\t${escaped(path)}`);
  }
  return succeeded(lines.join(''), 400);
}
