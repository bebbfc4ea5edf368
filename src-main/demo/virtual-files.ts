import { posix } from 'node:path';

/** Who may do what with an entry. */
interface VirtualOwner {
  modifiedAtMs: number;
  /** Permissions; left out: 0755 for folders, 0644 for files. */
  mode?: number;
  /** Left out: root. */
  uid?: number;
}

export type VirtualNode = VirtualOwner &
  (
    | { kind: 'folder'; children: () => ReadonlyMap<string, VirtualNode> }
    | { kind: 'file'; sizeBytes: number; read: (offset: number, length: number) => Buffer }
    | { kind: 'link'; target: string }
  );

/** What SFTP version 3 says of a request that failed. */
export type Refusal = 'NO_SUCH_FILE' | 'PERMISSION_DENIED' | 'FAILURE';

/** A file that is open for writing. */
export interface VirtualWriter {
  node: VirtualNode;
  write(offset: number, bytes: Buffer): Refusal | null;
  setSize(sizeBytes: number): Refusal | null;
  setMode(mode: number): void;
}

/** Paths are absolute and normal, and no folder on the way is a link. */
export interface VirtualChanges {
  /** A new file: one that is there already is refused. */
  create(path: string, mode: number): VirtualWriter | Refusal;
  makeFolder(path: string, mode: number): Refusal | null;
  removeFolder(path: string): Refusal | null;
  /** A file or link. */
  removeFile(path: string): Refusal | null;
  /** Over nothing that is there. */
  rename(from: string, to: string): Refusal | null;
}

/** What SFTP shows of a simulated host, and what it lets change. */
export interface VirtualFiles {
  /** null: there is nothing by that absolute, normal path. Links are found as links. */
  find(path: string): VirtualNode | null;
  /** Left out: nothing may be changed. */
  changes?: VirtualChanges;
}

/** As many as Linux follows of one path. */
const mostLinks = 40;

/** The path without links in it, or but for the last name; null: they lead in a circle. */
export function followLinks(files: VirtualFiles, path: string, lastToo: boolean): string | null {
  let rest = posix.resolve('/', path).split('/').slice(1);
  let done = '';
  for (let followed = 0; rest.length > 0;) {
    const [name = '', ...further] = rest;
    const here = `${done}/${name}`;
    const node = further.length > 0 || lastToo ? files.find(here) : null;
    if (node?.kind === 'link') {
      followed += 1;
      if (followed > mostLinks) return null;
      rest = posix
        .resolve(done === '' ? '/' : done, node.target, ...further)
        .split('/')
        .slice(1);
      done = '';
    } else {
      done = here;
      rest = further;
    }
  }
  return done === '' ? '/' : done;
}

/** Whether the login, which is not root, may: `4` read, `2` write, `1` pass through. */
export function allows(node: VirtualNode, uid: number, bit: 1 | 2 | 4): boolean {
  const mode = node.mode ?? (node.kind === 'folder' ? 0o755 : 0o644);
  return ((node.uid === uid ? mode >> 6 : mode) & bit) !== 0;
}
