import { day, hour } from '../hosts/blueprint';
import type { MsbModel } from './model';
import { VolumeFiles } from './volume-files';
import { sizeOf, TreeFile, TreeFolder, type TreeNode } from './volume-tree';

/** What lies in the volumes of raid-05, also what one would rather not meet: links, large files, what root left. */
export function raid05Files(model: MsbModel, startMs: number, nowMs: () => number): VolumeFiles {
  const files = new VolumeFiles(model, nowMs);
  const put = (volume: string, path: string, node: TreeNode): void => {
    const steps = path.split('/');
    const name = steps.pop() ?? '';
    let folder = files.tree(volume);
    for (const step of steps) {
      const next: TreeNode = folder?.entries.get(step) ?? new TreeFolder(node.modifiedAtMs);
      folder?.entries.set(step, next);
      folder = next.kind === 'folder' ? next : null;
    }
    if (folder === null) throw new Error(`There is no ${volume}/${path} to put a file into.`);
    folder.entries.set(name, node);
    const state = model.folders.get(volume);
    if (state !== undefined) state.changedAtMs = Math.max(state.changedAtMs, node.modifiedAtMs);
  };
  const ago = (days: number, hours = 0): number => startMs - days * day - hours * hour;
  const text = (at: number, content: string): TreeFile => {
    const file = new TreeFile(at);
    file.write(0, Buffer.from(content));
    return file;
  };
  const link = (at: number, target: string): TreeNode => ({
    kind: 'link',
    target,
    uid: 1000,
    modifiedAtMs: at,
  });
  const root = { uid: 0 };
  /** A file of holes that takes what du says of the volume and no other file does. */
  const rest = (volume: string, path: string, at: number): void => {
    const tree = files.tree(volume);
    const file = new TreeFile(at);
    if (tree !== null) file.sizeBytes = (model.folders.get(volume)?.apparentBytes ?? 0) - sizeOf(tree) - 4096;
    put(volume, path, file);
  };

  put('npm-cache', '.npmrc', text(ago(41), 'cache=/root/.npm\nprefer-offline=true\n'));
  put(
    'npm-cache',
    'README.md',
    text(ago(40), '# Shared npm cache\n\nFilled by ci-runner-1. Safe to empty.\n'),
  );
  for (const at of [3, 2, 1]) {
    const date = new Date(ago(at)).toISOString().slice(0, 10);
    put(
      'npm-cache',
      `_logs/${date}-debug-0.log`,
      text(ago(at), `0 verbose cli npm ci\n1 info using npm@11.0.0\n2 info ok\n`),
    );
  }
  put(
    'npm-cache',
    '_cacache/index-v5/3f/a1/index.json',
    text(ago(2), '{"integrity":"sha512-…","size":18234}\n'),
  );
  put('npm-cache', 'logs', link(ago(30), '_logs'));
  put('npm-cache', 'datasets', link(ago(11), '../datasets'));
  put('npm-cache', 'gone', link(ago(20), 'moved-away'));
  rest('npm-cache', '_cacache/content-v2/packages.bin', ago(0, 5));

  put(
    'datasets',
    'README.md',
    text(ago(12), '# Data sets\n\nRead only for notebooks. Ask research before removing.\n'),
  );
  put('datasets', 'models/labels.csv', text(ago(9), 'id,label\n1,cat\n2,dog\n'));
  put(
    'datasets',
    'größe und maße/über eine Datei mit einem sehr langen Namen, wie sie jemand vor Jahren abgelegt hat (Kopie 2).txt',
    text(ago(8), 'ä ö ü\n'),
  );
  put('datasets', 'private', new TreeFolder(ago(6), { ...root, mode: 0o700 }));
  put('datasets', 'core.4121', new TreeFile(ago(4), { ...root, mode: 0o600 }));
  rest('datasets', 'images/train.tar', ago(10));

  put('build-output', 'latest/build.log', text(ago(1), 'step 1/3 compile\nstep 2/3 test\nstep 3/3 pack\n'));
  put('build-output', 'latest/VERSION', text(ago(1), '2.4.1\n'));
  rest('build-output', 'latest/app-2.4.1.tar', ago(1));
  rest('pip-cache', 'wheels/all.bin', ago(60));
  return files;
}
