// Holds a packed app against what it is to be: node packaging/verify.mjs FOLDER. Runs after each packing.
// Its archive has what the app needs and nothing else, its fuses are blown, and its core starts from its own files.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { extractAll, listPackage } from '@electron/asar';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import config from './config.mjs';

const fuseNames = {
  runAsNode: FuseV1Options.RunAsNode,
  enableCookieEncryption: FuseV1Options.EnableCookieEncryption,
  enableNodeOptionsEnvironmentVariable: FuseV1Options.EnableNodeOptionsEnvironmentVariable,
  enableNodeCliInspectArguments: FuseV1Options.EnableNodeCliInspectArguments,
  enableEmbeddedAsarIntegrityValidation: FuseV1Options.EnableEmbeddedAsarIntegrityValidation,
  onlyLoadAppFromAsar: FuseV1Options.OnlyLoadAppFromAsar,
  loadBrowserProcessSpecificV8Snapshot: FuseV1Options.LoadBrowserProcessSpecificV8Snapshot,
  grantFileProtocolExtraPrivileges: FuseV1Options.GrantFileProtocolExtraPrivileges,
};

/** What the core requires from outside of its bundles, and what those require. */
const packages = ['asn1', 'bcrypt-pbkdf', 'better-sqlite3', 'safer-buffer', 'ssh2', 'tweetnacl', 'undici'];
const parts = ['LICENSE', 'out', 'package.json', 'resources'];
const needed = [
  'out/main/index.cjs',
  'out/main/core.cjs',
  'out/preload/index.cjs',
  'out/renderer/index.html',
  'resources/icon.png',
  'package.json',
];
const unwanted =
  /\.(?:map|d\.ts|test\.\w+|md|gyp|[ch]pp|c|h)$|\/(?:test|tests|examples|e2e|bench|fixtures)\//;

/** `resources` and the executable of an unpacked app, wherever its platform puts them. */
function layoutOf(folder) {
  const bundle = readdirSync(folder).find((name) => name.endsWith('.app'));
  if (bundle !== undefined) {
    const contents = join(folder, bundle, 'Contents');
    return {
      resources: join(contents, 'Resources'),
      executable: join(contents, 'MacOS', basename(bundle, '.app')),
    };
  }
  const name = ['holdfast', 'Holdfast.exe'].find((each) => existsSync(join(folder, each)));
  if (name === undefined) throw new Error(`${folder} holds no packed app.`);
  return { resources: join(folder, 'resources'), executable: join(folder, name) };
}

async function fuseProblems(executable) {
  const wire = await getCurrentFuseWire(executable);
  return Object.entries(config.electronFuses).flatMap(([name, wanted]) => {
    const state = wire[fuseNames[name]];
    // An older Electron, as the evaluation runtime is, lacks the newest ones.
    if (state === undefined) return [];
    const is = state === FuseState.ENABLE;
    return is === wanted ? [] : [`the fuse ${name} is ${is ? 'on' : 'off'}`];
  });
}

function fileProblems(files) {
  const inside = (name) => files.filter((file) => file.startsWith(`${name}/`));
  const found = [...new Set(inside('node_modules').map((file) => file.split('/')[1]))].sort();
  const natives = files.filter((file) => file.endsWith('.node'));
  return [
    ...needed.filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
    ...packages.filter((name) => !found.includes(name)).map((name) => `the package ${name} is missing`),
    ...found.filter((name) => !packages.includes(name)).map((name) => `the package ${name} is not needed`),
    ...files
      .filter((file) => ![...parts, 'node_modules'].includes(file.split('/')[0]))
      .map((file) => `${file} is not wanted`),
    ...files.filter((file) => unwanted.test(file)).map((file) => `${file} is not wanted`),
    ...(natives.length === 1 ? [] : [`there are ${natives.length} native modules: ${natives.join(', ')}`]),
  ];
}

const probe = `
  // What is loaded late, with the first connection, has to be there as well.
  for (const name of ['ssh2', 'undici']) require(name);
  require('./out/main/core.cjs');
`;

/** Starts the core of the packed files alone, on this Node, in a folder of which no node_modules lies above. */
async function coreProblems(app) {
  writeFileSync(join(app, 'probe.cjs'), probe);
  const data = mkdtempSync(join(tmpdir(), 'holdfast-packed-data-'));
  const child = fork(join(app, 'probe.cjs'), [], {
    env: {
      PATH: process.env.PATH,
      HOLDFAST_CORE_OPTIONS: JSON.stringify({ dataDirectory: data, demo: true, actor: 'packaging@here' }),
    },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  let ready = false;
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  child.on('message', (message) => {
    if (message.kind === 'ready') {
      ready = true;
      child.send({ kind: 'shutdown' });
    }
    if (message.kind !== 'shell-request') return;
    const value =
      message.name === 'vaultStatus' ? { persistent: false, backend: 'none' } : { sealedBase64: null };
    child.send({ kind: 'shell-response', id: message.id, result: { ok: true, value } });
  });
  const late = setTimeout(() => child.kill('SIGKILL'), 60_000);
  const [code] = await once(child, 'close');
  clearTimeout(late);
  rmSync(data, { recursive: true, force: true });
  return ready && code === 0 ? [] : [`its core does not start (exit code ${String(code)}): ${said.trim()}`];
}

const [folder] = process.argv.slice(2);
const { resources, executable } = layoutOf(folder);
const archive = join(resources, 'app.asar');
const files = listPackage(archive).map((file) => file.replaceAll('\\', '/').replace(/^\//, ''));
const app = mkdtempSync(join(tmpdir(), 'holdfast-packed-'));
try {
  extractAll(archive, app);
  const problems = [
    ...(readdirSync(dirname(archive)).includes('app') ? ['resources/app would be loaded'] : []),
    ...(await fuseProblems(executable)),
    ...fileProblems(files),
    ...(await coreProblems(app)),
  ];
  for (const problem of problems) console.error(`packed app: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
  else console.log(`packed app: ${files.length} files, fuses blown, its core starts (${executable})`);
} finally {
  rmSync(app, { recursive: true, force: true });
}
