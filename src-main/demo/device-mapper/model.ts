/** A file system, loop devices and device-mapper of one host, as far as sandbox volumes need them. Stateful. */

const sector = 512;
/** Of a persistent snapshot with chunks of 4 KiB: header and first area of exceptions. */
const emptySectors = 16;

export interface Inode {
  kind: 'file' | 'folder';
  sizeBytes: number;
  allocatedBytes: number;
  changedAtMs: number;
  /** Of small files. */
  text: string;
  /** An ext4 file system in it. */
  filesystem: { bytes: number; usedBytes: number; label: string } | null;
  /** What a snapshot wrote into it: sectors of its store, and whether it ran full. */
  store: { usedSectors: number; lost: 'Invalid' | 'Overflow' | null } | null;
}

export interface Loop {
  name: string;
  path: string;
  inode: Inode;
  /** What the kernel saw when it was attached, or told to look again. */
  sizeBytes: number;
  readOnly: boolean;
  autoclear: boolean;
}

export interface Device {
  name: string;
  uuid: string;
  minor: number;
  open: number;
  sectors: number;
  /** null: of another target, with the table as it is printed. */
  snapshot: { base: Loop; cow: Loop } | null;
  table: string;
}

/** The kernel's errno, in the words of strerror(3). */
export class Errno extends Error {}

export class DeviceMapperModel {
  readonly files = new Map<string, Inode>();
  readonly loops = new Map<string, Loop>();
  readonly devices = new Map<string, Device>();
  #minor = 40;

  constructor(
    private readonly disk: { sizeBytes: number; freeBytes: number },
    private readonly nowMs: () => number,
  ) {}

  space(): { sizeBytes: number; freeBytes: number } {
    const used = [...new Set(this.files.values())].reduce(
      (sum, { allocatedBytes }) => sum + allocatedBytes,
      0,
    );
    return { sizeBytes: this.disk.sizeBytes, freeBytes: Math.max(0, this.disk.freeBytes - used) };
  }

  node(path: string): Inode {
    const found = this.files.get(path);
    if (found === undefined) throw new Errno('No such file or directory');
    return found;
  }

  folder(path: string): void {
    const parts = path.split('/').slice(1);
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const at = `/${parts.slice(0, depth).join('/')}`;
      if (!this.files.has(at)) this.files.set(at, this.#made('folder'));
    }
  }

  file(path: string, more: Partial<Inode> = {}): Inode {
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (parent !== '' && this.files.get(parent)?.kind !== 'folder')
      throw new Errno('No such file or directory');
    const inode = { ...this.#made('file'), ...more };
    this.files.set(path, inode);
    return inode;
  }

  /** What lies in a folder, however deep. */
  below(path: string): string[] {
    return [...this.files.keys()].filter((each) => each.startsWith(`${path}/`));
  }

  attach(name: string, path: string, readOnly: boolean, alone = false): void {
    const inode = this.node(path);
    if (this.loops.has(name)) throw new Errno('Device or resource busy');
    if (alone && [...this.loops.values()].some((loop) => loop.inode === inode)) throw new Errno('overlap');
    this.loops.set(name, { name, path, inode, sizeBytes: inode.sizeBytes, readOnly, autoclear: false });
  }

  /** What something uses goes when that lets go. */
  detach(name: string): void {
    const loop = this.loops.get(name);
    if (loop === undefined) throw new Errno('No such device or address');
    if (this.#uses(loop)) loop.autoclear = true;
    else this.loops.delete(name);
  }

  create(name: string, sectors: number, basePath: string, cowPath: string): void {
    if (this.devices.has(name)) throw new Errno('create busy');
    const base = this.loops.get(basePath);
    const cow = this.loops.get(cowPath);
    if (base === undefined || cow === undefined) throw new Errno('No such device');
    if (sectors * sector > base.sizeBytes) throw new Errno('too large');
    if ([...this.devices.values()].some((device) => device.snapshot?.cow === cow))
      throw new Errno('resume busy');
    cow.inode.store ??= { usedSectors: emptySectors, lost: null };
    cow.inode.allocatedBytes = Math.max(cow.inode.allocatedBytes, cow.inode.store.usedSectors * sector);
    this.devices.set(name, {
      name,
      uuid: '',
      minor: (this.#minor += 1),
      open: 0,
      sectors,
      snapshot: { base, cow },
      table: '',
    });
  }

  remove(name: string): void {
    const device = this.devices.get(name);
    if (device === undefined) throw new Errno('No such device or address');
    if (device.open > 0) throw new Errno('Device or resource busy');
    this.devices.delete(name);
    for (const loop of [device.snapshot?.base, device.snapshot?.cow]) {
      if (loop?.autoclear === true && !this.#uses(loop)) this.loops.delete(loop.name);
    }
  }

  /** Something in a sandbox writes: the store fills, and a full one is lost for good. */
  write(name: string, bytes: number): void {
    const cow = this.devices.get(name)?.snapshot?.cow;
    const store = cow?.inode.store;
    if (cow === undefined || store === undefined || store === null || store.lost !== null) return;
    const room = Math.floor(cow.sizeBytes / sector);
    // Each chunk of 8 sectors, and 16 bytes of exception for it.
    store.usedSectors = Math.min(room, store.usedSectors + Math.ceil((bytes / sector) * (1 + 1 / 256)));
    if (store.usedSectors >= room) store.lost = 'Invalid';
    cow.inode.allocatedBytes = store.usedSectors * sector;
  }

  status({ snapshot }: Device): string {
    const store = snapshot?.cow.inode.store;
    if (snapshot === null || store === undefined || store === null) return '';
    if (store.lost !== null) return store.lost;
    const total = Math.floor(snapshot.cow.sizeBytes / sector);
    const metadata = emptySectors + Math.floor((store.usedSectors - emptySectors) / 257 / 8) * 8;
    return `${store.usedSectors}/${total} ${metadata}`;
  }

  /** `7:4`, as the kernel numbers loop devices. */
  number({ name }: Loop): string {
    return `7:${name.slice('/dev/loop'.length)}`;
  }

  /** A name goes; what has the file open keeps it. */
  unlink(path: string): void {
    this.node(path);
    this.files.delete(path);
  }

  isDeleted({ path, inode }: Loop): boolean {
    return this.files.get(path) !== inode;
  }

  rename(from: string, to: string): void {
    const inode = this.node(from);
    this.files.delete(from);
    this.files.set(to, inode);
    for (const loop of this.loops.values()) if (loop.inode === inode) loop.path = to;
  }

  touch(inode: Inode): void {
    inode.changedAtMs = this.nowMs();
  }

  #uses(loop: Loop): boolean {
    return [...this.devices.values()].some(
      ({ snapshot }) => snapshot?.base === loop || snapshot?.cow === loop,
    );
  }

  #made(kind: Inode['kind']): Inode {
    return {
      kind,
      sizeBytes: kind === 'folder' ? 4096 : 0,
      allocatedBytes: kind === 'folder' ? 4096 : 0,
      changedAtMs: this.nowMs(),
      text: '',
      filesystem: null,
      store: null,
    };
  }
}
