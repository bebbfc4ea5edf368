import type { SimulatedTool } from './machine';
import { failed, succeeded } from './result';
import { snapshotFiles } from './snapshot-files';
import type { VirtualNode } from './virtual-files';
import type { ZfsModel } from './zfs/model';

/** stat(1) and cp(1) of a ZFS host, as far as one file comes back out of a snapshot. */
export function fileTools(model: ZfsModel): SimulatedTool[] {
  const files = snapshotFiles(model);
  const restored = new Map<string, VirtualNode>();

  /** Of the live files only the folders are known: those that the newest snapshot shows. */
  const folderNow = (path: string): VirtualNode | null => {
    const [dataset] = model
      .allDatasets()
      .filter(({ mountpoint }) => mountpoint !== null && `${path}/`.startsWith(`${mountpoint}/`))
      .sort((a, b) => (b.mountpoint?.length ?? 0) - (a.mountpoint?.length ?? 0));
    const newest = dataset?.snapshots.at(-1);
    if (dataset === undefined || newest === undefined) return null;
    const { mountpoint } = dataset;
    const node = files.find(
      `${mountpoint ?? ''}/.zfs/snapshot/${newest.part}${path.slice(mountpoint?.length ?? 0)}`,
    );
    return node?.kind === 'folder' ? node : null;
  };
  const find = (path: string): VirtualNode | null =>
    path.includes('/.zfs/snapshot/') ? files.find(path) : (restored.get(path) ?? folderNow(path));

  return [
    {
      name: 'stat',
      folder: '/usr/bin',
      run: (words) => {
        const path = words.at(-1) ?? '';
        if (words.slice(0, -1).join(' ') !== '-c %F/%s/%Y --') {
          return failed(1, `stat: the demo host does not know "${words.join(' ')}"\n`);
        }
        const node = find(path);
        if (node === null) return failed(1, `stat: cannot statx '${path}': No such file or directory\n`);
        const seconds = Math.floor(node.modifiedAtMs / 1000);
        return succeeded(
          node.kind === 'folder'
            ? `directory/4096/${seconds}\n`
            : node.kind === 'link'
              ? `symbolic link/${node.target.length}/${seconds}\n`
              : `regular file/${node.sizeBytes}/${seconds}\n`,
        );
      },
    },
    {
      name: 'cp',
      folder: '/usr/bin',
      run: (words) => {
        const [source = '', destination = ''] = words.slice(-2);
        if (words.slice(0, -2).join(' ') !== '--preserve --no-clobber --no-target-directory --') {
          return failed(1, `cp: the demo host does not know "${words.join(' ')}"\n`);
        }
        const node = find(source);
        if (node?.kind !== 'file') {
          return failed(1, `cp: cannot stat '${source}': No such file or directory\n`);
        }
        if (!restored.has(destination)) restored.set(destination, node);
        return succeeded('', 80);
      },
    },
  ];
}
