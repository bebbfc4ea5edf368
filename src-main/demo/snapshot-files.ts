import { createRandom, type Random } from './random';
import type { VirtualFiles, VirtualNode } from './virtual-files';
import type { ZfsModel } from './zfs/model';

const folderNames = ['archive', 'drafts', 'shared', 'invoices 2026', 'projects', 'exports'];
const fileStems = ['report', 'notes', 'plan', 'figures', 'minutes', 'contract', 'letter', 'index', 'README'];
const fileEndings = ['.txt', '.md', '.csv', '.log', '.conf'];
const deepest = 3;
const day = 86_400_000;

function seedOf(text: string): number {
  let seed = 2166136261;
  for (let index = 0; index < text.length; index += 1) {
    seed = Math.imul(seed ^ text.charCodeAt(index), 16777619);
  }
  return seed >>> 0;
}

/** Lines of text, the same ones at the same offset whenever they are read. */
function content(path: string, sizeBytes: number): (offset: number, length: number) => Buffer {
  const line = Buffer.from(`${path}: what the demo fleet keeps here is made of lines like this one.\n`);
  return (offset, length) => {
    const size = Math.max(0, Math.min(length, sizeBytes - offset));
    const part = Buffer.alloc(size);
    for (let at = 0; at < size; at += 1) part[at] = line[(offset + at) % line.length] ?? 10;
    return part;
  };
}

function makeFile(random: Random, path: string, takenAtMs: number): VirtualNode {
  const sizeBytes = random.skewed(200, 400_000);
  return {
    kind: 'file',
    sizeBytes,
    modifiedAtMs: takenAtMs - Math.round(random.next() * 200 * day),
    read: content(path, sizeBytes),
  };
}

function makeFolder(path: string, takenAtMs: number, depth: number): VirtualNode {
  const seed = seedOf(path);
  return {
    kind: 'folder',
    modifiedAtMs: takenAtMs - (seed % 90) * day,
    children: () => {
      const random = createRandom(seed);
      const children = new Map<string, VirtualNode>();
      for (const name of depth < deepest ? folderNames : []) {
        if (random.next() < 0.4) children.set(name, makeFolder(`${path}/${name}`, takenAtMs, depth + 1));
      }
      for (let count = random.between(2, 9); count > 0; count -= 1) {
        const stem = fileStems[random.between(0, fileStems.length - 1)] ?? 'file';
        const name = `${stem}-${random.between(1, 40)}${fileEndings[random.between(0, fileEndings.length - 1)] ?? ''}`;
        children.set(name, makeFile(random, `${path}/${name}`, takenAtMs));
      }
      return children;
    },
  };
}

/** `<mountpoint>/.zfs/snapshot/<name>/…` of every mounted dataset. */
export function snapshotFiles(model: ZfsModel): VirtualFiles {
  return {
    find: (path) => {
      const match = /^(?<mountpoint>.*)\/\.zfs\/snapshot\/(?<part>[^/]+)(?<rest>(?:\/[^/]+)*)$/.exec(
        path,
      )?.groups;
      if (match === undefined) return null;
      const mountpoint = match['mountpoint'] === '' ? '/' : match['mountpoint'];
      const dataset = model.allDatasets().find((each) => each.mountpoint === mountpoint);
      const snapshot = dataset?.snapshots.find(({ part }) => part === match['part']);
      if (dataset === undefined || snapshot === undefined) return null;
      let node: VirtualNode | undefined = makeFolder(dataset.name, snapshot.createdAtMs, 0);
      for (const step of (match['rest'] ?? '').split('/').slice(1)) {
        node = node.kind === 'folder' ? node.children().get(step) : undefined;
        if (node === undefined) return null;
      }
      return node;
    },
  };
}
