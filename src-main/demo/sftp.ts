import ssh2, { type Attributes, type SFTPWrapper } from 'ssh2';
import {
  allows,
  followLinks,
  type Refusal,
  type VirtualFiles,
  type VirtualNode,
  type VirtualWriter,
} from './virtual-files';

const { STATUS_CODE, OPEN_MODE } = ssh2.utils.sftp;
/** Handles one client may hold at once. */
const mostHandles = 64;
/** Of the login, the first that Debian gives to a person. */
export const loginUid = 1000;

const formats = { folder: 0o040000, file: 0o100000, link: 0o120000 };
const usualModes = { folder: 0o755, file: 0o644, link: 0o777 };

/** What stat(2) says of it. */
export function attributesOf(node: VirtualNode): Attributes {
  const modified = Math.floor(node.modifiedAtMs / 1000);
  const uid = node.uid ?? 0;
  return {
    mode: formats[node.kind] | (node.mode ?? usualModes[node.kind]),
    uid,
    gid: uid,
    size: node.kind === 'folder' ? 4096 : node.kind === 'link' ? node.target.length : node.sizeBytes,
    atime: modified,
    mtime: modified,
  };
}

/** What comes with a resolved path, which says nothing about the file (draft-ietf-secsh-filexfer-02, 6.11). */
const nothingKnown: Attributes = { mode: 0, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 };

interface Open {
  node: VirtualNode;
  writer: VirtualWriter | null;
  listed: boolean;
}

/** Answers an SFTP channel from `files`; whatever they do not let change is refused. */
export function serveFiles(sftp: SFTPWrapper, files: VirtualFiles): void {
  const open = new Map<number, Open>();
  let lastHandle = 0;
  const handleOf = (handle: Buffer) => (handle.length === 4 ? open.get(handle.readUInt32BE(0)) : undefined);
  const find = (path: string, lastToo = true): VirtualNode | null => {
    const place = followLinks(files, path, lastToo);
    return place === null ? null : files.find(place);
  };
  const answer = (id: number, refusal: Refusal | null): void =>
    sftp.status(id, refusal === null ? STATUS_CODE.OK : STATUS_CODE[refusal]);
  const hold = (id: number, node: VirtualNode, writer: VirtualWriter | null = null): void => {
    if (open.size >= mostHandles) {
      answer(id, 'FAILURE');
      return;
    }
    lastHandle += 1;
    open.set(lastHandle, { node, writer, listed: false });
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(lastHandle, 0);
    sftp.handle(id, handle);
  };
  const stat = (id: number, node: VirtualNode | null): void => {
    if (node === null) answer(id, 'NO_SUCH_FILE');
    else sftp.attrs(id, attributesOf(node));
  };
  const read = (id: number, node: VirtualNode | null, kind: 'file' | 'folder'): void => {
    if (node?.kind !== kind) answer(id, node === null ? 'NO_SUCH_FILE' : 'FAILURE');
    else if (allows(node, loginUid, 4)) hold(id, node);
    else answer(id, 'PERMISSION_DENIED');
  };
  /** A change of a name itself: links in its folders are followed, the name is not. */
  const change = (
    id: number,
    paths: readonly string[],
    work: (changes: NonNullable<VirtualFiles['changes']>, places: readonly string[]) => Refusal | null,
  ): void => {
    const places = paths.map((path) => followLinks(files, path, false) ?? '/');
    answer(id, files.changes === undefined ? 'PERMISSION_DENIED' : work(files.changes, places));
  };

  sftp.on('REALPATH', (id, path) => {
    const place = followLinks(files, path, true);
    if (place === null || files.find(place) === null) answer(id, 'NO_SUCH_FILE');
    else sftp.name(id, [{ filename: place, longname: place, attrs: nothingKnown }]);
  });
  sftp.on('STAT', (id, path) => stat(id, find(path)));
  sftp.on('LSTAT', (id, path) => stat(id, find(path, false)));
  sftp.on('FSTAT', (id, handle) => stat(id, handleOf(handle)?.node ?? null));
  sftp.on('OPENDIR', (id, path) => read(id, find(path), 'folder'));
  sftp.on('READDIR', (id, handle) => {
    const found = handleOf(handle);
    if (found?.node.kind !== 'folder') answer(id, 'FAILURE');
    else if (found.listed) sftp.status(id, STATUS_CODE.EOF);
    else {
      found.listed = true;
      const children = [...found.node.children()];
      // An answer without a name would be malformed.
      if (children.length === 0) sftp.status(id, STATUS_CODE.EOF);
      else {
        sftp.name(
          id,
          children.map(([filename, node]) => ({ filename, longname: filename, attrs: attributesOf(node) })),
        );
      }
    }
  });
  sftp.on('OPEN', (id, path, flags, { mode }) => {
    if ((flags & ~OPEN_MODE.READ) === 0) {
      read(id, find(path), 'file');
      return;
    }
    const place = followLinks(files, path, false);
    // Only new files: nothing that Holdfast sends opens an old one for writing.
    const isNew = (flags & OPEN_MODE.CREAT) !== 0 && (flags & OPEN_MODE.EXCL) !== 0;
    const made =
      files.changes === undefined || place === null || !isNew
        ? 'PERMISSION_DENIED'
        : files.changes.create(place, (mode ?? 0o666) & 0o777);
    if (typeof made === 'string') answer(id, made);
    else hold(id, made.node, made);
  });
  sftp.on('READ', (id, handle, offset, length) => {
    const found = handleOf(handle);
    if (found?.node.kind !== 'file') answer(id, 'FAILURE');
    else if (offset >= found.node.sizeBytes) sftp.status(id, STATUS_CODE.EOF);
    else sftp.data(id, found.node.read(offset, Math.min(length, 256 * 1024)));
  });
  sftp.on('WRITE', (id, handle, offset, bytes) => {
    const writer = handleOf(handle)?.writer ?? null;
    answer(id, writer === null ? 'PERMISSION_DENIED' : writer.write(offset, bytes));
  });
  sftp.on('FSETSTAT', (id, handle, { mode, size }) => {
    const writer = handleOf(handle)?.writer ?? null;
    if (writer === null) {
      answer(id, 'PERMISSION_DENIED');
      return;
    }
    if (mode !== undefined) writer.setMode(Number(mode) & 0o777);
    answer(id, size === undefined ? null : writer.setSize(size));
  });
  sftp.on('MKDIR', (id, path, { mode }) =>
    change(id, [path], (changes, [place = '']) => changes.makeFolder(place, Number(mode ?? 0o777) & 0o777)),
  );
  sftp.on('RMDIR', (id, path) => change(id, [path], (changes, [place = '']) => changes.removeFolder(place)));
  sftp.on('REMOVE', (id, path) => change(id, [path], (changes, [place = '']) => changes.removeFile(place)));
  sftp.on('RENAME', (id, from, to) =>
    change(id, [from, to], (changes, [source = '', target = '']) => changes.rename(source, target)),
  );
  sftp.on('CLOSE', (id, handle) => {
    if (handle.length === 4) open.delete(handle.readUInt32BE(0));
    answer(id, null);
  });
}
