import { posix } from 'node:path';
import ssh2, { type Attributes, type SFTPWrapper } from 'ssh2';
import type { VirtualFiles, VirtualNode } from './snapshot-files';

const { STATUS_CODE, OPEN_MODE } = ssh2.utils.sftp;
/** Handles one client may hold at once. */
const mostHandles = 64;

function attributesOf(node: VirtualNode): Attributes {
  const modified = Math.floor(node.modifiedAtMs / 1000);
  return {
    mode: node.kind === 'folder' ? 0o040755 : 0o100644,
    uid: 0,
    gid: 0,
    size: node.kind === 'folder' ? 4096 : node.sizeBytes,
    atime: modified,
    mtime: modified,
  };
}

/** What comes with a resolved path, which says nothing about the file (draft-ietf-secsh-filexfer-02, 6.11). */
const nothingKnown: Attributes = { mode: 0, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 };

/** Answers an SFTP channel from `files`, read only; whatever would change something is refused. */
export function serveFiles(sftp: SFTPWrapper, files: VirtualFiles): void {
  const open = new Map<number, { node: VirtualNode; listed: boolean }>();
  let lastHandle = 0;
  const handleOf = (handle: Buffer) => (handle.length === 4 ? open.get(handle.readUInt32BE(0)) : undefined);
  const find = (path: string) => files.find(posix.resolve('/', path));
  const hold = (id: number, node: VirtualNode): void => {
    if (open.size >= mostHandles) {
      sftp.status(id, STATUS_CODE.FAILURE);
      return;
    }
    lastHandle += 1;
    open.set(lastHandle, { node, listed: false });
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(lastHandle, 0);
    sftp.handle(id, handle);
  };
  const stat = (id: number, path: string): void => {
    const node = find(path);
    if (node === null) sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
    else sftp.attrs(id, attributesOf(node));
  };

  sftp.on('REALPATH', (id, path) => {
    const whole = posix.resolve('/', path);
    if (find(whole) === null) sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
    else sftp.name(id, [{ filename: whole, longname: whole, attrs: nothingKnown }]);
  });
  sftp.on('STAT', stat);
  sftp.on('LSTAT', stat);
  sftp.on('FSTAT', (id, handle) => {
    const found = handleOf(handle);
    if (found === undefined) sftp.status(id, STATUS_CODE.FAILURE);
    else sftp.attrs(id, attributesOf(found.node));
  });
  sftp.on('OPENDIR', (id, path) => {
    const node = find(path);
    if (node?.kind !== 'folder') sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
    else hold(id, node);
  });
  sftp.on('READDIR', (id, handle) => {
    const found = handleOf(handle);
    if (found?.node.kind !== 'folder') sftp.status(id, STATUS_CODE.FAILURE);
    else if (found.listed) sftp.status(id, STATUS_CODE.EOF);
    else {
      found.listed = true;
      const children = [...found.node.children()];
      sftp.name(
        id,
        children.map(([filename, node]) => ({ filename, longname: filename, attrs: attributesOf(node) })),
      );
    }
  });
  sftp.on('OPEN', (id, path, flags) => {
    const node = find(path);
    if (node?.kind !== 'file') sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
    else if ((flags & ~OPEN_MODE.READ) !== 0) sftp.status(id, STATUS_CODE.PERMISSION_DENIED);
    else hold(id, node);
  });
  sftp.on('READ', (id, handle, offset, length) => {
    const found = handleOf(handle);
    if (found?.node.kind !== 'file') sftp.status(id, STATUS_CODE.FAILURE);
    else if (offset >= found.node.sizeBytes) sftp.status(id, STATUS_CODE.EOF);
    else sftp.data(id, found.node.read(offset, Math.min(length, 256 * 1024)));
  });
  sftp.on('CLOSE', (id, handle) => {
    if (handle.length === 4) open.delete(handle.readUInt32BE(0));
    sftp.status(id, STATUS_CODE.OK);
  });
}
