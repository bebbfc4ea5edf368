import type { SimulatedTool } from '../machine';
import { failed, succeeded, type CommandResult } from '../result';
import { Errno, type DeviceMapperModel, type Inode } from './model';

/** coreutils 9.1, findutils 4.9, grep 3.8 and e2fsprogs 1.47.0, as far as sandbox volumes need them. */

const unknown = (tool: string, words: readonly string[]): CommandResult =>
  failed(1, `${tool}: the demo host does not know "${words.join(' ')}"\n`);

function tried(work: () => CommandResult, said: (errno: string) => string, exitCode = 1): CommandResult {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof Errno) return failed(exitCode, `${said(thrown.message)}\n`);
    throw thrown;
  }
}

/** What stands behind the options a command is known by; null: it is another command. */
function after(words: readonly string[], ...known: string[]): readonly string[] | null {
  return known.every((word, index) => words[index] === word) ? words.slice(known.length) : null;
}

function statLine(
  path: string,
  { kind, sizeBytes, allocatedBytes, changedAtMs }: Inode,
  number: number,
): string {
  const seconds = Math.floor(changedAtMs / 1000);
  const mode = kind === 'folder' ? '41c0' : '81a4';
  return `${path} ${sizeBytes} ${Math.ceil(allocatedBytes / 512)} ${mode} 0 0 fe01 ${1000 + number} 1 0 0 ${seconds} ${seconds} ${seconds} ${seconds} 4096\n`;
}

function find(model: DeviceMapperModel, words: readonly string[]): CommandResult {
  const [root = '', ...rest] = words;
  if (rest.join(' ') !== '-mindepth 1 -maxdepth 3 -exec stat --terse -- {} +') return unknown('find', words);
  if (!model.files.has(root)) return failed(1, `/usr/bin/find: '${root}': No such file or directory\n`);
  const shown = model.below(root).filter((path) => path.slice(root.length + 1).split('/').length <= 3);
  return succeeded(shown.map((path, at) => statLine(path, model.node(path), at)).join(''), 12);
}

function grep(model: DeviceMapperModel, words: readonly string[]): CommandResult {
  const [root = ''] =
    after(words, '-rsZ', '-m1', '--include=*.json', '--include=*.meta', '-e', '.', '--') ?? [];
  if (root === '') return unknown('grep', words);
  if (!model.files.has(root)) return failed(2, '');
  const found = model.below(root).flatMap((path) => {
    const [first = ''] = model.node(path).text.split('\n');
    return /\.(?:json|meta)$/.test(path) && first !== '' ? [`${path}\0${first}\n`] : [];
  });
  return found.length === 0 ? failed(1, '') : succeeded(found.join(''), 10);
}

function df(model: DeviceMapperModel, words: readonly string[]): CommandResult {
  const [path] = after(words, '-B1', '--output=size,avail', '--') ?? [];
  if (path === undefined) return unknown('df', words);
  if (!model.files.has(path)) return failed(1, `df: ${path}: No such file or directory\n`);
  const { sizeBytes, freeBytes } = model.space();
  return succeeded(
    `${'1B-blocks'.padStart(13)} ${'Avail'.padStart(13)}\n${String(sizeBytes).padStart(13)} ${String(freeBytes).padStart(13)}\n`,
    4,
  );
}

function cat(model: DeviceMapperModel, words: readonly string[]): CommandResult {
  const [path] = after(words, '--') ?? [];
  if (path === undefined) return unknown('cat', words);
  return tried(
    () => succeeded(model.node(path).text),
    (errno) => `cat: ${path}: ${errno}`,
  );
}

function tee(model: DeviceMapperModel, words: readonly string[], stdin: string): CommandResult {
  const [path] = after(words, '--') ?? [];
  if (path === undefined || words.length !== 2) return unknown('tee', words);
  return tried(
    () => {
      const inode = model.files.get(path) ?? model.file(path);
      inode.text = stdin;
      inode.sizeBytes = Buffer.byteLength(stdin);
      inode.allocatedBytes = 4096;
      model.touch(inode);
      return succeeded(stdin);
    },
    (errno) => `tee: ${path}: ${errno}`,
  );
}

function mkdir(model: DeviceMapperModel, words: readonly string[]): CommandResult {
  const [deep] = after(words, '-p', '-m', '0700', '--') ?? after(words, '-p', '--') ?? [];
  if (deep !== undefined) {
    model.folder(deep);
    return succeeded();
  }
  const [path] = after(words, '--') ?? [];
  if (path === undefined) return unknown('mkdir', words);
  if (model.files.has(path)) return failed(1, `mkdir: cannot create directory '${path}': File exists\n`);
  model.folder(path);
  return succeeded();
}

function rmdir(model: DeviceMapperModel, words: readonly string[]): CommandResult {
  const [path] = after(words, '--') ?? [];
  if (path === undefined) return unknown('rmdir', words);
  if (model.below(path).length > 0)
    return failed(1, `rmdir: failed to remove '${path}': Directory not empty\n`);
  return tried(
    () => {
      model.unlink(path);
      return succeeded();
    },
    (errno) => `rmdir: failed to remove '${path}': ${errno}`,
  );
}

function rm(model: DeviceMapperModel, words: readonly string[]): CommandResult {
  const [folder] = after(words, '-r', '--') ?? [];
  const [path = ''] = folder === undefined ? (after(words, '--') ?? []) : [folder];
  if (path === '') return unknown('rm', words);
  return tried(
    () => {
      if (folder !== undefined) for (const each of model.below(path)) model.unlink(each);
      model.unlink(path);
      return succeeded('', 15);
    },
    (errno) => `rm: cannot remove '${path}': ${errno}`,
  );
}

function mv(model: DeviceMapperModel, words: readonly string[]): CommandResult {
  const [from, to] = after(words, '--no-clobber', '--no-target-directory', '--') ?? [];
  if (from === undefined || to === undefined) return unknown('mv', words);
  return tried(
    () => {
      model.node(from);
      if (!model.files.has(to)) model.rename(from, to);
      return succeeded();
    },
    (errno) => `mv: cannot stat '${from}': ${errno}`,
  );
}

function ln(model: DeviceMapperModel, words: readonly string[]): CommandResult {
  const [from, to] = after(words, '--no-target-directory', '--') ?? [];
  if (from === undefined || to === undefined) return unknown('ln', words);
  if (model.files.has(to)) return failed(1, `ln: failed to create hard link '${to}': File exists\n`);
  return tried(
    () => {
      model.files.set(to, model.node(from));
      return succeeded();
    },
    (errno) => `ln: failed to access '${from}': ${errno}`,
  );
}

function truncate(model: DeviceMapperModel, words: readonly string[]): CommandResult {
  const [size, , path] = after(words, '-s') ?? [];
  if (size === undefined || path === undefined) return unknown('truncate', words);
  return tried(
    () => {
      const inode = model.files.get(path) ?? model.file(path);
      inode.sizeBytes = Number(size);
      model.touch(inode);
      return succeeded();
    },
    (errno) => `truncate: cannot open '${path}' for writing: ${errno}`,
  );
}

function dd(model: DeviceMapperModel, words: readonly string[]): CommandResult {
  const option = (name: string): string =>
    words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
  const from = option('if');
  const to = option('of');
  if (from === '/dev/null' && option('conv') === 'excl' && option('count') === '0') {
    if (model.files.has(to)) return failed(1, `dd: failed to open '${to}': File exists\n`);
    return tried(
      () => {
        model.file(to);
        return succeeded();
      },
      (errno) => `dd: failed to open '${to}': ${errno}`,
    );
  }
  const device = model.devices.get(from.replace(/^\/dev\/mapper\//, ''));
  if (device === undefined || device.snapshot === null)
    return failed(1, `dd: failed to open '${from}': No such file or directory\n`);
  const { base, cow } = device.snapshot;
  if (typeof cow.inode.store?.lost === 'string')
    return failed(1, `dd: error reading '${from}': Input/output error\n`);
  if (to === '/dev/null') return succeeded('', 5);
  const written = (cow.inode.store?.usedSectors ?? 0) * 512;
  const image = model.node(to);
  image.sizeBytes = device.sectors * 512;
  image.allocatedBytes = base.inode.allocatedBytes + Math.floor(written * 0.7);
  const inside = base.inode.filesystem;
  image.filesystem =
    inside === null ? null : { ...inside, usedBytes: inside.usedBytes + Math.floor(written * 0.6) };
  model.touch(image);
  return succeeded('', 1_500);
}

const banner = (tool: string): string => `${tool} 1.47.0 (5-Feb-2023)\n`;

function noFilesystem(tool: string, path: string): CommandResult {
  const said = `${banner(tool)}${tool}: Bad magic number in super-block while trying to open ${path}\n`;
  if (tool === 'dumpe2fs') return failed(19, `${said}Couldn't find valid filesystem superblock.\n`);
  return tool === 'e2fsck'
    ? failed(
        8,
        said,
        'ext2fs_open2: Bad magic number in super-block\ne2fsck: Superblock invalid, trying backup blocks...\n',
      )
    : failed(1, said, "Couldn't find valid filesystem superblock.\n");
}

function filesystemTool(
  tool: 'e2fsck' | 'resize2fs' | 'dumpe2fs',
  work: (inode: Inode, path: string, words: readonly string[], model: DeviceMapperModel) => CommandResult,
) {
  return (model: DeviceMapperModel, words: readonly string[]): CommandResult => {
    const path = words.at(-1) ?? '';
    return tried(
      () => {
        const inode = model.node(path);
        return inode.filesystem === null ? noFilesystem(tool, path) : work(inode, path, words, model);
      },
      (errno) => `${banner(tool)}${tool}: ${errno} while trying to open ${path}`,
      tool === 'e2fsck' ? 8 : 1,
    );
  };
}

const block = 4096;
const withBanner = (tool: string, stdout: string, delayMs: number): CommandResult => ({
  ...succeeded(stdout, delayMs),
  stderr: banner(tool),
});

const e2fsck = filesystemTool('e2fsck', ({ filesystem }) => {
  const blocks = Math.floor((filesystem?.bytes ?? 0) / block);
  const used = Math.floor((filesystem?.usedBytes ?? 0) / block);
  return withBanner(
    'e2fsck',
    `Pass 1: Checking inodes, blocks, and sizes\nPass 2: Checking directory structure\nPass 3: Checking directory connectivity\nPass 4: Checking reference counts\nPass 5: Checking group summary information\n${filesystem?.label ?? ''}: 11543/327680 files (0.1% non-contiguous), ${used}/${blocks} blocks\n`,
    400,
  );
});

const resize2fs = filesystemTool('resize2fs', (inode, path, words, model) => {
  const { filesystem } = inode;
  if (filesystem === null) return noFilesystem('resize2fs', path);
  const smallest = words[0] === '-M';
  const bytes = smallest
    ? Math.ceil((filesystem.usedBytes * 1.1) / block) * block
    : Math.floor(inode.sizeBytes / block) * block;
  filesystem.bytes = bytes;
  if (smallest) {
    inode.sizeBytes = bytes;
    inode.allocatedBytes = Math.min(inode.allocatedBytes, bytes);
  }
  model.touch(inode);
  const blocks = bytes / block;
  return withBanner(
    'resize2fs',
    `Resizing the filesystem on ${path} to ${blocks} (4k) blocks.\nThe filesystem on ${path} is now ${blocks} (4k) blocks long.\n\n`,
    600,
  );
});

const dumpe2fs = filesystemTool('dumpe2fs', ({ filesystem }) =>
  withBanner(
    'dumpe2fs',
    `Filesystem volume name:   ${filesystem?.label ?? ''}\nFilesystem magic number:  0xEF53\nFilesystem state:         clean\nFilesystem OS type:       Linux\nBlock count:              ${(filesystem?.bytes ?? 0) / block}\nBlock size:               ${block}\n`,
    10,
  ),
);

type Run = (model: DeviceMapperModel, words: readonly string[], stdin: string) => CommandResult;

const tools: readonly [name: string, folder: SimulatedTool['folder'], run: Run][] = [
  ['find', '/usr/bin', find],
  ['grep', '/usr/bin', grep],
  ['df', '/usr/bin', df],
  ['cat', '/usr/bin', cat],
  ['tee', '/usr/bin', tee],
  ['mkdir', '/usr/bin', mkdir],
  ['rmdir', '/usr/bin', rmdir],
  ['rm', '/usr/bin', rm],
  ['mv', '/usr/bin', mv],
  ['ln', '/usr/bin', ln],
  ['truncate', '/usr/bin', truncate],
  ['dd', '/usr/bin', dd],
  ['e2fsck', '/usr/sbin', e2fsck],
  ['resize2fs', '/usr/sbin', resize2fs],
  ['dumpe2fs', '/usr/sbin', dumpe2fs],
];

export function sandboxFileTools(model: DeviceMapperModel): SimulatedTool[] {
  return tools.map(([name, folder, run]) => ({
    name,
    folder,
    run: (words, { stdin }) => run(model, words, stdin),
  }));
}
