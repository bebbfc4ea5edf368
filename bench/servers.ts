import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Probe } from '../src-main/core/storage/backend';
import { quoteArgv } from '../src-main/core/ssh/quote';
import { zfsProbes } from '../src-main/core/storage/zfs/commands';
import { createNas01 } from '../src-main/demo/hosts/nas-01';
import { startDemoFleet } from '../src-main/demo/index';
import type { Machine } from '../src-main/demo/machine';
import { createRandom } from '../src-main/demo/random';
import type { CommandResult } from '../src-main/demo/result';
import { startSshServer as startFileServer } from '../src-main/core/ssh/testing/ssh-server';
import { generateHostKey, startSshServer } from '../src-main/demo/server';
import type { HostKey } from '../src-preload/contract/result';
import { datasetListing, snapshotNames } from './snapshot-listing';

/** A simulated host behind a real SSH server on loopback, as the measuring process sees it. */
export interface ServedHost {
  name: string;
  port: number;
  user: string;
  password: string;
  hostKey: HostKey;
  publicKeyBase64: string;
}

/**
 * `fleet`: the demo hosts that are online, as the demo serves them. `copies`: nas-01 on so many ports. `large`: nas-01
 * with so many datasets more, and so many snapshots instead of its own.
 */
export type Serving =
  | { kind: 'fleet' }
  /** `awayMs`: each answer takes so much longer, as over a network. */
  | { kind: 'copies'; count: number; awayMs?: number }
  | { kind: 'large'; datasets: number; snapshots: number }
  /** Real files, by OpenSSH's own sftp-server. */
  | { kind: 'files' };

export const serveFlag = '--serve';

/**
 * A host of its own computes its answers beside the others; here one process plays all of them. So the model computes
 * each answer once, and what is left to that process is SSH.
 */
function remembering(machine: Machine): Machine {
  const answers = new Map<string, CommandResult>();
  return {
    user: machine.user,
    files: machine.files,
    run: (commandLine) => {
      const known = answers.get(commandLine);
      if (known !== undefined) return known;
      const answer = machine.run(commandLine);
      // The look for tools carries a new marker each time.
      if (commandLine.includes('sudo')) answers.set(commandLine, answer);
      return answer;
    },
  };
}

/** Only the listings are large: the model would compute the space of each snapshot anew. */
function enlarged(machine: Machine, datasets: number, snapshots: number): Machine {
  const moreDatasets = datasetListing(datasets);
  const names = snapshotNames(snapshots, datasets);
  const ends = (probe: Probe): string => `/${quoteArgv(probe.argv)}`;
  return {
    user: machine.user,
    files: machine.files,
    run: (commandLine) => {
      const answer = machine.run(commandLine);
      if (commandLine.endsWith(ends(zfsProbes.datasets))) {
        return { ...answer, stdout: answer.stdout + moreDatasets };
      }
      return commandLine.endsWith(ends(zfsProbes.snapshotNames)) ? { ...answer, stdout: names } : answer;
    },
  };
}

async function serveCopies(
  count: number,
  change: (machine: Machine) => Machine,
  awayMs = 0,
): Promise<ServedHost[]> {
  const blueprint = createNas01({ random: createRandom(20261123), nowMs: Date.now });
  if (blueprint.machine === null) throw new Error('nas-01 is no machine.');
  const machine = remembering(change(blueprint.machine));
  const jitter = createRandom(1);
  const hosts: ServedHost[] = [];
  for (let index = 0; index < count; index += 1) {
    const hostKey = generateHostKey();
    const password = hostKey.sha256;
    // The delays of the demo: src-main/demo/index.ts.
    const delayMs = (workMs: number) => 1.5 + workMs + 2 * jitter.next() + awayMs;
    const { port } = await startSshServer({ machine, password, hostKey, port: 0, delayMs });
    const { type, sha256, publicKeyBase64 } = hostKey;
    const name = `nas-${String(index + 1).padStart(2, '0')}`;
    hosts.push({ name, port, user: machine.user, password, hostKey: { type, sha256 }, publicKeyBase64 });
  }
  return hosts;
}

async function serveFleet(): Promise<ServedHost[]> {
  const { hosts } = await startDemoFleet();
  return hosts
    .filter(({ offline }) => !offline)
    .map(({ name, port, user, password, hostKey, publicKeyBase64 }) => ({
      name,
      port,
      user,
      password,
      hostKey,
      publicKeyBase64,
    }));
}

async function serveFiles(): Promise<ServedHost[]> {
  // ssh2 asks servers of this name for more at once, as it does where OpenSSH itself answers.
  const { port, user, password, hostKeys } = await startFileServer({ sftp: true, ident: 'OpenSSH_9.2p1' });
  const [key] = hostKeys;
  if (key === undefined) throw new Error('The server has no key.');
  const { described, publicKey } = key;
  const publicKeyBase64 = publicKey.toString('base64');
  return [{ name: 'files', port, user, password, hostKey: described, publicKeyBase64 }];
}

function servedBy(serving: Serving): Promise<ServedHost[]> {
  switch (serving.kind) {
    case 'fleet':
      return serveFleet();
    case 'copies':
      return serveCopies(serving.count, (machine) => machine, serving.awayMs);
    case 'large':
      return serveCopies(1, (machine) => enlarged(machine, serving.datasets, serving.snapshots));
    case 'files':
      return serveFiles();
  }
}

/** The child's side: serves until the parent is gone. */
export async function serve(argument: string): Promise<void> {
  const serving = JSON.parse(argument) as Serving;
  process.on('disconnect', () => process.exit(0));
  process.send?.(await servedBy(serving));
}

async function firstMessage(child: ChildProcess): Promise<ServedHost[]> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The simulated hosts ended with code ${String(code)}.`);
  });
  const [hosts] = (await Promise.race([once(child, 'message'), ended])) as [ServedHost[]];
  ended.catch(() => undefined);
  return hosts;
}

/** Starts the hosts in a process of their own: on the event loop that is measured they would be measured too. */
export async function withHosts<T>(serving: Serving, work: (hosts: ServedHost[]) => Promise<T>): Promise<T> {
  const [script = '', flag] = process.argv.slice(1);
  // A script that does not know the flag would start itself again, and that one itself, without end.
  if (flag === serveFlag) throw new Error(`${script} does not answer ${serveFlag}.`);
  const child = fork(script, [serveFlag, JSON.stringify(serving)], {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  try {
    return await work(await firstMessage(child));
  } finally {
    child.disconnect();
  }
}
