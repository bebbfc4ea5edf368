import { loginUid } from '../sftp';
import type { VirtualNode } from '../virtual-files';

const pieceBytes = 64 * 1024;

interface Entry {
  mode: number;
  uid: number;
  readonly bornAtMs: number;
  modifiedAtMs: number;
}

/** A folder in memory. */
export class TreeFolder implements Entry {
  readonly kind = 'folder';
  readonly entries = new Map<string, TreeNode>();
  readonly bornAtMs: number;
  mode: number;
  uid: number;

  constructor(
    public modifiedAtMs: number,
    owner: Partial<Pick<Entry, 'mode' | 'uid'>> = {},
  ) {
    this.bornAtMs = modifiedAtMs;
    this.mode = owner.mode ?? 0o755;
    this.uid = owner.uid ?? loginUid;
  }

  children(): ReadonlyMap<string, VirtualNode> {
    return new Map([...this.entries].map(([name, node]) => [name, viewOf(node)]));
  }
}

/** A file in memory, with holes where nothing was written. */
export class TreeFile implements Entry {
  readonly kind = 'file';
  readonly pieces = new Map<number, Buffer>();
  sizeBytes = 0;
  readonly bornAtMs: number;
  mode: number;
  uid: number;

  constructor(
    public modifiedAtMs: number,
    owner: Partial<Pick<Entry, 'mode' | 'uid'>> = {},
  ) {
    this.bornAtMs = modifiedAtMs;
    this.mode = owner.mode ?? 0o644;
    this.uid = owner.uid ?? loginUid;
  }

  /** Bytes of memory that it takes. */
  get heldBytes(): number {
    return this.pieces.size * pieceBytes;
  }

  read(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, this.sizeBytes - offset)));
    for (let at = 0; at < bytes.length;) {
      const start = (offset + at) % pieceBytes;
      const piece = this.pieces.get(Math.floor((offset + at) / pieceBytes));
      piece?.copy(bytes, at, start, Math.min(pieceBytes, start + bytes.length - at));
      at += pieceBytes - start;
    }
    return bytes;
  }

  write(offset: number, bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      const start = (offset + at) % pieceBytes;
      const index = Math.floor((offset + at) / pieceBytes);
      const piece = this.pieces.get(index) ?? Buffer.alloc(pieceBytes);
      this.pieces.set(index, piece);
      at += bytes.copy(piece, start, at, at + pieceBytes - start);
    }
    this.sizeBytes = Math.max(this.sizeBytes, offset + bytes.length);
  }
}

export interface TreeLink {
  kind: 'link';
  target: string;
  uid: number;
  modifiedAtMs: number;
}

export type TreeNode = TreeFolder | TreeFile | TreeLink;

export function viewOf(node: TreeNode): VirtualNode {
  switch (node.kind) {
    case 'link':
      return node;
    case 'folder': {
      const { mode, uid, modifiedAtMs } = node;
      return { kind: 'folder', mode, uid, modifiedAtMs, children: () => node.children() };
    }
    case 'file':
      // Its size may grow while it is open.
      return {
        kind: 'file',
        mode: node.mode,
        uid: node.uid,
        modifiedAtMs: node.modifiedAtMs,
        get sizeBytes() {
          return node.sizeBytes;
        },
        read: (offset, length) => node.read(offset, length),
      };
  }
}

/** Bytes of all files in it. */
export function sizeOf(node: TreeNode): number {
  if (node.kind !== 'folder') return node.kind === 'file' ? node.sizeBytes : 0;
  return [...node.entries.values()].reduce((sum, each) => sum + sizeOf(each), 0);
}
