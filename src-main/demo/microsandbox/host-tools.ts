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

function find(model: MsbModel, words: readonly string[]): CommandResult {
  const wanted = `${model.volumesFolder} ${model.volumesFolder}/.locks -mindepth 1 -maxdepth 1 -print0`;
  if (words.join(' ') !== wanted) return unknown('find', words);
  const paths = [
    ...[...model.folders.keys()].map((name) => `${model.volumesFolder}/${name}`),
    `${model.volumesFolder}/.locks`,
    ...[...model.locks].map((name) => `${model.volumesFolder}/.locks/${name}.lock`),
  ];
  return succeeded(paths.map((path) => `${path}\0`).join(''), 4);
}

function du(model: MsbModel, words: readonly string[]): CommandResult {
  const apparent = words[0] === '--apparent-size';
  const rest = (apparent ? words.slice(1) : words).join(' ');
  if (rest !== `--block-size=1 --max-depth=1 -- ${model.volumesFolder}`) return unknown('du', words);
  const sizes = [...model.folders].map(([name, { actualBytes, apparentBytes }]) => ({
    path: `${model.volumesFolder}/${name}`,
    bytes: apparent ? apparentBytes : actualBytes,
  }));
  const lines = [
    ...sizes,
    { path: `${model.volumesFolder}/.locks`, bytes: 4096 },
    { path: model.volumesFolder, bytes: sizes.reduce((sum, { bytes }) => sum + bytes, 8192) },
  ];
  return succeeded(lines.map(({ path, bytes }) => `${bytes}\t${path}\n`).join(''), 30);
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
      if (words.join(' ') !== `--parents --mode=700 -- ${model.home}/volumes-set-aside`) {
        return unknown('mkdir', words);
      }
      model.hasAside = true;
      return succeeded();
    }),
    tool('mv', (words) => mv(model, words)),
    tool('rm', (words) => rm(model, words)),
  ];
}
