import type { SimulatedTool } from '../machine';
import { failed, succeeded, type CommandResult } from '../result';
import type { MsbModel } from './model';
import { runMsb } from './msb';

/** find, du, df, flock, timeout, mkdir, mv and rm of coreutils 9.1 and util-linux 2.38, as far as Holdfast sends them. */

const unknown = (tool: string, words: readonly string[]): CommandResult =>
  failed(1, `${tool}: the demo host does not know "${words.join(' ')}"\n`);

function folderName(model: MsbModel, path: string): string | null {
  const folder = `${model.volumesFolder}/`;
  const name = path.startsWith(folder) ? path.slice(folder.length) : '';
  return name !== '' && !name.includes('/') ? name : null;
}

/** `stat --terse` of coreutils 9.1, of files of the login user. */
function findArchives(model: MsbModel): CommandResult {
  const folder = model.archivesFolder;
  if (!model.hasArchives) return failed(1, `/usr/bin/find: '${folder}': No such file or directory\n`);
  return succeeded(
    [...model.archives]
      .map(([name, { sizeBytes, changedAtMs }], index) => {
        const at = Math.floor(changedAtMs / 1000);
        const blocks = Math.ceil(sizeBytes / 4096) * 8;
        return `${folder}/${name} ${sizeBytes} ${blocks} 81a4 1000 1000 fe01 ${9000 + index} 1 0 0 ${at} ${at} ${at} ${at} 4096\n`;
      })
      .join(''),
    4,
  );
}

function findSnapshots(model: MsbModel): CommandResult {
  if (model.snapshots.length === 0) {
    return failed(1, `/usr/bin/find: '${model.home}/snapshots': No such file or directory\n`);
  }
  const there = model.snapshots.filter(({ damaged }) => damaged !== 'gone');
  return succeeded(there.map((snapshot) => `${model.pathOf(snapshot)}/snapshot.json\0`).join(''), 4);
}

function find(model: MsbModel, words: readonly string[]): CommandResult {
  const line = words.join(' ');
  if (line === `${model.archivesFolder} -mindepth 1 -maxdepth 1 -exec stat --terse -- {} +`) {
    return findArchives(model);
  }
  if (line === `${model.home}/snapshots -mindepth 2 -maxdepth 3 -name snapshot.json -print0`) {
    return findSnapshots(model);
  }
  const wanted = `${model.volumesFolder} ${model.volumesFolder}/.locks -mindepth 1 -maxdepth 1 -print0`;
  if (line !== wanted) return unknown('find', words);
  const paths = [
    ...[...model.folders.keys()].map((name) => `${model.volumesFolder}/${name}`),
    `${model.volumesFolder}/.locks`,
    ...[...model.locks].map((name) => `${model.volumesFolder}/.locks/${name}.lock`),
  ];
  return succeeded(paths.map((path) => `${path}\0`).join(''), 4);
}

function du(model: MsbModel, words: readonly string[]): CommandResult {
  const measured = `--block-size=1 --max-depth=1 -- ${model.volumesFolder}`;
  const line = words.join(' ');
  const apparent = line === `--apparent-size ${measured}`;
  if (!apparent && line !== `--time --time-style=+%s ${measured}`) return unknown('du', words);
  const folders = [...model.folders].map(([name, { actualBytes, apparentBytes, changedAtMs }]) => ({
    path: `${model.volumesFolder}/${name}`,
    bytes: apparent ? apparentBytes : actualBytes,
    changedAtMs,
  }));
  const newest = Math.max(0, ...folders.map(({ changedAtMs }) => changedAtMs));
  const lines = [
    ...folders,
    { path: `${model.volumesFolder}/.locks`, bytes: 4096, changedAtMs: newest },
    {
      path: model.volumesFolder,
      bytes: folders.reduce((sum, { bytes }) => sum + bytes, 8192),
      changedAtMs: newest,
    },
  ];
  const columns = lines.map(({ path, bytes, changedAtMs }) =>
    apparent ? [bytes, path] : [bytes, Math.floor(changedAtMs / 1000), path],
  );
  return succeeded(columns.map((row) => `${row.join('\t')}\n`).join(''), 30);
}

function flock(model: MsbModel, words: readonly string[]): CommandResult {
  const path = words.at(-2) ?? '';
  if (words.slice(0, 4).join(' ') !== '--shared --nonblock --conflict-exit-code 75' || words.length !== 6) {
    return unknown('flock', words);
  }
  const lock = /\/\.locks\/([^/]+)\.lock$/.exec(path)?.[1];
  const disk = /\/volumes\/([^/]+)\/disk\.raw$/.exec(path)?.[1];
  const held =
    (lock !== undefined && model.heldLocks.has(lock)) || (disk !== undefined && model.heldDisks.has(disk));
  return held ? failed(75, '') : succeeded();
}

function timeout(model: MsbModel, words: readonly string[], nowMs: number): CommandResult {
  const [signal, seconds = '', command, ...rest] = words;
  if (signal !== '--signal=TERM' || !/^(?:\/usr\/local\/bin\/)?msb$/.test(command ?? ''))
    return unknown('timeout', words);
  const result = runMsb(model, rest, nowMs);
  // A person at the demo does not wait out the half minute that the real one takes.
  return result.delayMs > Number(seconds) * 1000 ? { ...failed(124, ''), delayMs: 1500 } : result;
}

function mv(model: MsbModel, words: readonly string[]): CommandResult {
  const [from = '', to = ''] = words.slice(-2);
  const name = folderName(model, from);
  if (words.slice(0, -2).join(' ') !== '--no-clobber --no-target-directory --' || name === null) {
    return unknown('mv', words);
  }
  const folder = model.folders.get(name);
  if (folder === undefined) return failed(1, `mv: cannot stat '${from}': No such file or directory\n`);
  model.folders.delete(name);
  model.aside.set(to, folder);
  return succeeded('', 10);
}

function rm(model: MsbModel, words: readonly string[]): CommandResult {
  const path = words.at(-1) ?? '';
  const archive = path.startsWith(`${model.archivesFolder}/`)
    ? path.slice(model.archivesFolder.length + 1)
    : null;
  if (words.length === 2 && words[0] === '--' && archive !== null) {
    return model.archives.delete(archive)
      ? succeeded('', 10)
      : failed(1, `rm: cannot remove '${path}': No such file or directory\n`);
  }
  const name = folderName(model, path);
  if (words.slice(0, -1).join(' ') !== '--recursive --one-file-system --' || name === null) {
    return unknown('rm', words);
  }
  return model.folders.delete(name)
    ? succeeded('', 40)
    : failed(1, `rm: cannot remove '${path}': No such file or directory\n`);
}

export function msbHostTools(model: MsbModel): SimulatedTool[] {
  const tool = (name: string, run: SimulatedTool['run']): SimulatedTool => ({
    name,
    folder: '/usr/bin',
    run,
  });
  return [
    tool('find', (words) => find(model, words)),
    tool('du', (words) => du(model, words)),
    tool('df', (words) =>
      words.join(' ') === `--block-size=1 --output=avail -- ${model.volumesFolder}`
        ? succeeded(`       Avail\n${model.freeBytes}\n`)
        : unknown('df', words),
    ),
    tool('flock', (words) => flock(model, words)),
    tool('true', () => succeeded()),
    tool('timeout', (words, { nowMs }) => timeout(model, words, nowMs)),
    tool('mkdir', (words) => {
      const line = words.join(' ');
      if (line === `--parents --mode=700 -- ${model.archivesFolder}`) model.hasArchives = true;
      else if (line === `--parents --mode=700 -- ${model.home}/volumes-set-aside`) model.hasAside = true;
      else return unknown('mkdir', words);
      return succeeded();
    }),
    tool('mv', (words) => mv(model, words)),
    tool('rm', (words) => rm(model, words)),
  ];
}
