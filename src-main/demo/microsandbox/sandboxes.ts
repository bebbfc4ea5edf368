import type { OptionSpec } from '../options';
import { succeeded, type CommandResult } from '../result';
import { error, format, json, options, quiet, stamp, usage } from './cli';
import { runInGuest } from './guest';
import type { MsbModel, MsbMountState, MsbSandboxState } from './model';

/**
 * The sandboxes of the simulated msb 0.7.2. Its errors are those of the captures; what it says of one that starts, pauses or
 * resumes well was not captured, because none boots without virtualisation, and is made after what it says of a stop.
 */

const mebibyte = 1024 ** 2;
const resting = new Set<MsbSandboxState['status']>(['Created', 'Stopped', 'Crashed']);
const exited = 'sandbox process exited (exit status: 1) before agent relay became available';

const done = (verb: string, name: string, delayMs: number): CommandResult => ({
  ...succeeded('', delayMs),
  stderr: `   ✓ ${verb.padEnd(12)} ${name}\n`,
});

/** As create and restore tell it. */
export const startFailure = (name: string): CommandResult =>
  error(
    `failed to start "${name}"\n  → other: ${exited}\n  → run \`msb logs --source system ${name}\` for full diagnostics`,
  );

function listSandboxes(model: MsbModel, words: readonly string[]): CommandResult {
  return options(words, [format], ({ values }) => {
    const rows = model.newest(model.sandboxes);
    if (!values.has('format')) {
      return rows.length === 0
        ? { ...succeeded(), stderr: 'No sandboxes found.\n' }
        : succeeded(rows.map(({ name, status }) => `${name}    ${status.toLowerCase()}\n`).join(''));
    }
    return json(
      rows.map(({ name, image, status, createdAtMs }) => ({
        created_at: stamp(createdAtMs),
        image,
        name,
        status,
      })),
    );
  });
}

function inspectSandbox(model: MsbModel, words: readonly string[]): CommandResult {
  return options(words, [format], ({ operands: [name = ''] }) => {
    const sandbox = model.sandboxes.find((each) => each.name === name);
    if (sandbox === undefined) return error(`sandbox not found: ${name}`);
    const { cpus = 1, memoryMib = 512, rootDiskMib = 4096 } = sandbox;
    const mounts = sandbox.mounts.map(({ volume, guestPath, readOnly }) => ({
      follow_root_symlinks: false,
      guest: guestPath,
      host_permissions: 'private',
      name: volume,
      options: { nodev: false, noexec: false, nosuid: false, readonly: readOnly },
      stat_virtualization: 'strict',
      type: 'Named',
    }));
    return json({
      active_config: null,
      config: {
        image: sandbox.oci
          ? { Oci: { reference: sandbox.image, root_disk: { kind: 'managed', size_mib: rootDiskMib } } }
          : { Bind: { follow_root_symlinks: false, path: sandbox.image } },
        labels: {},
        mounts,
        name,
        resources: { cpus, max_cpus: cpus, max_memory_mib: memoryMib, memory_mib: memoryMib },
      },
      created_at: stamp(sandbox.createdAtMs),
      name,
      status: sandbox.status,
    });
  });
}

function mountOf(text: string): (MsbMountState & { kind: string | null; sizeMib: number | null }) | null {
  const match = /^([^:]+):(\/[^:]*)(?::(.*))?$/.exec(text);
  if (match === null) return null;
  const [, volume = '', guestPath = '', rest = ''] = match;
  const words = rest.split(',');
  const value = (key: string): string | null =>
    words.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1) ?? null;
  const size = value('size');
  return {
    ...{ volume, guestPath, readOnly: words.includes('ro'), kind: value('kind') },
    sizeMib: size === null ? null : Number.parseInt(size, 10),
  };
}
type Mount = NonNullable<ReturnType<typeof mountOf>>;

/** Why it is not mounted so; null: it is. */
function refused(model: MsbModel, { volume, kind, sizeMib }: Mount): string | null {
  const found = model.volumes.find((each) => each.name === volume);
  if (found === undefined) return null;
  const wanted = kind ?? 'dir';
  if (found.kind !== wanted) {
    return `invalid config: named volume "${volume}" already exists as ${found.kind}, but this sandbox requested ${wanted}`;
  }
  const bytes = (sizeMib ?? 0) * mebibyte;
  return wanted === 'disk' && found.capacityBytes !== bytes
    ? `invalid config: named volume "${volume}" already exists with capacity Some(${found.capacityBytes ?? 0}) bytes, but this sandbox requested ${bytes} bytes`
    : null;
}

const createOptions: readonly OptionSpec[] = [
  { key: 'name', names: ['-n', '--name'], takesValue: true },
  { key: 'cpus', names: ['-c', '--cpus'], takesValue: true },
  { key: 'memory', names: ['-m', '--memory'], takesValue: true },
  { key: 'root-disk', names: ['--root-disk'], takesValue: true },
  { key: 'pull', names: ['--pull'], takesValue: true },
  quiet,
];
const mountOption = '--mount-named=';

function create(model: MsbModel, words: readonly string[], nowMs: number): CommandResult {
  const mounting = words.filter((word) => word.startsWith(mountOption));
  const rest = words.filter((word) => !word.startsWith(mountOption));
  return options(rest, createOptions, ({ values, operands: [image = ''] }) => {
    const mounts = mounting.map((word) => mountOf(word.slice(mountOption.length)));
    const read = mounts.filter((mount) => mount !== null);
    if (read.length < mounts.length) return error('mount-named must be in format source:/guest[:options]');
    const mib = (key: string, otherwise: number): number =>
      Number.parseInt(values.get(key) ?? String(otherwise), 10);
    const name = values.get('name') ?? 'sandbox';
    const paths = read.map(({ guestPath }) => guestPath);
    const twice = paths.find((path, at) => paths.indexOf(path) !== at);
    if (twice !== undefined) {
      return error(`invalid config: multiple volumes cannot mount the same guest path: ${twice}`);
    }
    if (model.leftSandboxes.has(name) || model.sandboxes.some((each) => each.name === name)) {
      return error(
        `sandbox already exists: sandbox '${name}' already exists; remove it, start the stopped sandbox, or recreate with .replace()`,
      );
    }
    if (!model.images.some(({ reference }) => reference === image)) {
      return error(`image error: image not cached: docker.io/library/${image}`);
    }
    const rootDiskMib = mib('root-disk', 4096);
    const why =
      read.map((mount) => refused(model, mount)).find((each) => each !== null) ??
      (rootDiskMib < 68 ? 'failed to create upper.ext4: image size is too small for ext4 formatting' : null);
    if (why !== null) {
      model.leftSandboxes.add(name);
      return error(why);
    }
    model.sandboxes.push({
      ...{ name, image, oci: true, createdAtMs: nowMs, rootDiskMib },
      status: model.virtualised ? 'Running' : 'Stopped',
      mounts: read.map(({ volume, guestPath, readOnly }) => ({ volume, guestPath, readOnly })),
      cpus: mib('cpus', 1),
      memoryMib: mib('memory', 512),
    });
    return model.virtualised ? done('Created', name, 900) : startFailure(name);
  });
}

/** By the one name that these take here. */
function ofSandbox(
  model: MsbModel,
  words: readonly string[],
  specs: readonly OptionSpec[],
  work: (sandbox: MsbSandboxState) => CommandResult,
): CommandResult {
  return options(words, [...specs, quiet], ({ operands: [name = ''] }) => {
    const sandbox = model.sandboxes.find((each) => each.name === name);
    return sandbox === undefined ? error(`sandbox not found: ${name}`) : work(sandbox);
  });
}

/** Why it does not start; null: it runs now. */
function boot(model: MsbModel, sandbox: MsbSandboxState): string | null {
  const { name, status, mounts } = sandbox;
  if (status === 'Running') return `sandbox still running: cannot start sandbox '${name}': already running`;
  if (status === 'Paused') {
    return `cannot start sandbox '${name}': status is Paused (expected Created, Stopped, or Crashed)`;
  }
  const gone = mounts.find(({ volume }) => !model.volumes.some((each) => each.name === volume));
  if (gone !== undefined) return `volume not found: ${gone.volume}`;
  if (!model.virtualised) return `failed to start "${name}": ${exited}`;
  sandbox.status = 'Running';
  return null;
}

function start(model: MsbModel, sandbox: MsbSandboxState): CommandResult {
  const why = boot(model, sandbox);
  return why === null ? done('Started', sandbox.name, 800) : error(why);
}

function stop(sandbox: MsbSandboxState): CommandResult {
  const ran = !resting.has(sandbox.status);
  sandbox.status = 'Stopped';
  return done('Stopped', sandbox.name, ran ? 400 : 10);
}

function turn(
  model: MsbModel,
  sandbox: MsbSandboxState,
  to: 'Paused' | 'Running',
  verb: string,
): CommandResult {
  if (!model.virtualised || resting.has(sandbox.status)) {
    return error(`sandbox sandbox "${sandbox.name}" has no live runtime`);
  }
  sandbox.status = to;
  return done(verb, sandbox.name, 30);
}

function remove(model: MsbModel, sandbox: MsbSandboxState): CommandResult {
  const { name, status } = sandbox;
  if (!resting.has(status)) {
    return error(`sandbox still running: cannot remove sandbox '${name}': still running`);
  }
  model.sandboxes.splice(model.sandboxes.indexOf(sandbox), 1);
  return done('Removed', name, 60);
}

const noTty: OptionSpec = { key: 'no-tty', names: ['--no-tty'] };
const timeout: OptionSpec = { key: 'timeout', names: ['--timeout'], takesValue: true };
const force: OptionSpec = { key: 'force', names: ['-f', '--force'] };

function exec(model: MsbModel, words: readonly string[]): CommandResult {
  const end = words.indexOf('--');
  const before = end < 0 ? words : words.slice(0, end);
  const command = end < 0 ? [] : words.slice(end + 1);
  return options(before, [noTty, timeout, quiet], ({ values, operands: [name] }) => {
    if (name === undefined) {
      return usage(
        'the following required arguments were not provided:\n  <NAME>\n\nUsage: msb exec --no-tty --timeout <TIMEOUT> <NAME> -- <COMMAND>...',
      );
    }
    const sandbox = model.sandboxes.find((each) => each.name === name);
    if (sandbox === undefined) return error(`sandbox not found: ${name}`);
    if (sandbox.status === 'Paused')
      return error(`sandbox '${name}' is in state Paused and cannot be started`);
    if (sandbox.status === 'Running' && !model.virtualised) {
      return error(`sandbox "${name}" has no agent endpoint (is it running?)`);
    }
    if (sandbox.status !== 'Running') {
      if (!model.virtualised) return startFailure(name);
      const why = boot(model, sandbox);
      if (why !== null) return error(why);
    }
    const seconds = Number.parseInt(values.get('timeout') ?? '0', 10);
    return runInGuest(model, sandbox, command, seconds);
  });
}

/** null: it is no command about sandboxes. */
export function runSandboxes(
  model: MsbModel,
  verb: string,
  words: readonly string[],
  nowMs: number,
): CommandResult | null {
  switch (verb) {
    case 'ls':
      return listSandboxes(model, words);
    case 'inspect':
      return inspectSandbox(model, words);
    case 'create':
      return create(model, words, nowMs);
    case 'start':
      return ofSandbox(model, words, [], (sandbox) => start(model, sandbox));
    case 'stop':
      return ofSandbox(model, words, [timeout, force], stop);
    case 'pause':
      return ofSandbox(model, words, [], (sandbox) => turn(model, sandbox, 'Paused', 'Paused'));
    case 'resume':
      return ofSandbox(model, words, [], (sandbox) => turn(model, sandbox, 'Running', 'Resumed'));
    case 'rm':
      return ofSandbox(model, words, [force], (sandbox) => remove(model, sandbox));
    case 'exec':
      return exec(model, words);
    default:
      return null;
  }
}
