import type { SimulatedTool } from '../machine';
import { failed, succeeded } from '../result';
import { attributesOf, loginUid } from '../sftp';
import {
  allows,
  type Refusal,
  type VirtualChanges,
  type VirtualFiles,
  type VirtualWriter,
} from '../virtual-files';
import type { MsbFolderState, MsbModel } from './model';
import { sizeOf, TreeFile, TreeFolder, viewOf, type TreeNode } from './volume-tree';

/** All that may be written to one host; then it is full, which OpenSSH calls a failure. */
const mostHeldBytes = 256 * 1024 ** 2;

/** The files of the volumes of one login, over SFTP: changed below `…/volumes/NAME/` and nowhere else. */
export class VolumeFiles implements VirtualFiles {
  /** By the state of the folder: one that was removed takes its files with it, also when its name comes back. */
  readonly #trees = new WeakMap<MsbFolderState, TreeFolder>();
  #heldBytes = 0;

  constructor(
    private readonly model: MsbModel,
    private readonly nowMs: () => number,
  ) {}

  /** The files of a volume or of a directory without a record; null: there is none. */
  tree(name: string): TreeFolder | null {
    const state = this.model.folders.get(name);
    if (state === undefined) return null;
    const known = this.#trees.get(state);
    if (known !== undefined) return known;
    const volume = this.model.volumes.find((each) => each.name === name);
    const made = new TreeFolder(volume?.createdAtMs ?? this.nowMs());
    if (volume?.kind === 'disk') {
      const image = new TreeFile(made.modifiedAtMs);
      image.sizeBytes = volume.capacityBytes ?? 0;
      made.entries.set('disk.raw', image);
    }
    this.#trees.set(state, made);
    return made;
  }

  find(path: string) {
    const node = this.#node(path);
    return node === null ? null : viewOf(node);
  }

  /** stat(1) as the login user: of a link itself. A link is never written, so that it is as old as it was. */
  get statTool(): SimulatedTool {
    return {
      name: 'stat',
      folder: '/usr/bin',
      takes: (words) => words[1] === '%W/%f/%s/%u/%g/%Y',
      run: (words) => {
        const path = words.at(-1) ?? '';
        const node = this.#node(path);
        if (node === null) return failed(1, `stat: cannot statx '${path}': No such file or directory\n`);
        const { mode, size, uid, gid, mtime } = attributesOf(viewOf(node));
        const born = node.kind === 'link' ? node.modifiedAtMs : node.bornAtMs;
        return succeeded(
          `${Math.floor(born / 1000)}/${mode.toString(16)}/${size}/${uid}/${gid}/${mtime}\n`,
          2,
        );
      },
    };
  }

  #node(path: string): TreeNode | null {
    const above = this.model.volumesFolder;
    if (path === above) {
      const folder = new TreeFolder(this.nowMs());
      for (const name of this.model.folders.keys()) {
        const tree = this.tree(name);
        if (tree !== null) folder.entries.set(name, tree);
      }
      return folder;
    }
    if (!path.startsWith(`${above}/`)) return null;
    const [name = '', ...steps] = path.slice(above.length + 1).split('/');
    let node: TreeNode | null = this.tree(name);
    for (const step of steps) {
      // Like the kernel: nobody looks through a folder that may not be passed.
      if (node?.kind !== 'folder' || !allows(viewOf(node), loginUid, 1)) return null;
      node = node.entries.get(step) ?? null;
    }
    return node;
  }

  /** A name in a folder that may be written, or why not. */
  #place(path: string): { folder: TreeFolder; name: string; state: MsbFolderState } | Refusal {
    const above = `${this.model.volumesFolder}/`;
    const [volume = '', ...steps] = path.startsWith(above) ? path.slice(above.length).split('/') : [];
    const state = this.model.folders.get(volume);
    const name = steps.pop();
    if (state === undefined || name === undefined || name === '') return 'PERMISSION_DENIED';
    const folder = this.#node(`${above}${[volume, ...steps].join('/')}`);
    if (folder === null) return 'NO_SUCH_FILE';
    if (folder.kind !== 'folder') return 'FAILURE';
    return allows(viewOf(folder), loginUid, 2) ? { folder, name, state } : 'PERMISSION_DENIED';
  }

  readonly changes: VirtualChanges = {
    create: (path, mode) => {
      const place = this.#place(path);
      if (typeof place === 'string') return place;
      if (place.folder.entries.has(place.name)) return 'FAILURE';
      const file = new TreeFile(this.nowMs(), { mode: mode & ~0o022 });
      place.folder.entries.set(place.name, file);
      place.folder.modifiedAtMs = this.nowMs();
      this.#grow(place.state, 0);
      return this.#writer(file, place.state);
    },
    makeFolder: (path, mode) => {
      const place = this.#place(path);
      if (typeof place === 'string') return place;
      if (place.folder.entries.has(place.name)) return 'FAILURE';
      place.folder.entries.set(place.name, new TreeFolder(this.nowMs(), { mode: mode & ~0o022 }));
      this.#grow(place.state, 0);
      return null;
    },
    removeFolder: (path) => {
      const place = this.#place(path);
      if (typeof place === 'string') return place;
      const node = place.folder.entries.get(place.name);
      if (node === undefined) return 'NO_SUCH_FILE';
      if (node.kind !== 'folder' || node.entries.size > 0) return 'FAILURE';
      place.folder.entries.delete(place.name);
      this.#grow(place.state, 0);
      return null;
    },
    removeFile: (path) => {
      const place = this.#place(path);
      if (typeof place === 'string') return place;
      const node = place.folder.entries.get(place.name);
      if (node === undefined) return 'NO_SUCH_FILE';
      if (node.kind === 'folder') return 'FAILURE';
      place.folder.entries.delete(place.name);
      this.#grow(place.state, -sizeOf(node));
      if (node.kind === 'file') this.#heldBytes -= node.heldBytes;
      return null;
    },
    rename: (from, to) => {
      const source = this.#place(from);
      if (typeof source === 'string') return source;
      const target = this.#place(to);
      if (typeof target === 'string') return target;
      const node = source.folder.entries.get(source.name);
      if (node === undefined) return 'NO_SUCH_FILE';
      if (target.folder.entries.has(target.name) || to.startsWith(`${from}/`)) return 'FAILURE';
      source.folder.entries.delete(source.name);
      target.folder.entries.set(target.name, node);
      const moved = sizeOf(node);
      this.#grow(source.state, -moved);
      this.#grow(target.state, moved);
      return null;
    },
  };

  #writer(file: TreeFile, state: MsbFolderState): VirtualWriter {
    return {
      node: viewOf(file),
      write: (offset, bytes) => {
        if (this.#heldBytes + bytes.length > mostHeldBytes) return 'FAILURE';
        const [held, size] = [file.heldBytes, file.sizeBytes];
        file.write(offset, bytes);
        file.modifiedAtMs = this.nowMs();
        this.#heldBytes += file.heldBytes - held;
        this.#grow(state, file.sizeBytes - size);
        return null;
      },
      setSize: (sizeBytes) => {
        // Holdfast only makes a new file longer, by the hole at its end.
        if (sizeBytes < file.sizeBytes) return 'FAILURE';
        this.#grow(state, sizeBytes - file.sizeBytes);
        file.sizeBytes = sizeBytes;
        return null;
      },
      setMode: (mode) => {
        file.mode = mode;
      },
    };
  }

  /** What du says follows, also of when. */
  #grow(state: MsbFolderState, bytes: number): void {
    state.actualBytes = Math.max(4096, state.actualBytes + bytes);
    state.apparentBytes = Math.max(4096, state.apparentBytes + bytes);
    state.changedAtMs = this.nowMs();
  }
}
