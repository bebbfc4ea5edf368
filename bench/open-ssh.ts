import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ServedHost } from './servers';

export interface Master {
  /** Stdout of one command, run by `ssh` over the shared connection. Other exit codes than these are errors. */
  run(commandLine: string, acceptExitCodes: readonly number[]): Promise<string>;
  /** One file by `sftp`, over the shared connection. */
  get(remotePath: string, localPath: string): Promise<void>;
  put(localPath: string, remotePath: string): Promise<void>;
}

async function ssh(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  program: 'ssh' | 'sftp' = 'ssh',
): Promise<{ code: number; stdout: string }> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.resume();
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? -1, stdout };
}

/** A connection that OpenSSH keeps by ControlMaster, as scripts and Ansible do. */
export async function withMaster<T>(
  host: ServedHost,
  folder: string,
  work: (master: Master) => Promise<T>,
): Promise<T> {
  const knownHosts = join(folder, 'known_hosts');
  writeFileSync(knownHosts, `[127.0.0.1]:${host.port} ${host.hostKey.type} ${host.publicKeyBase64}\n`);
  const askPass = join(folder, 'ask-pass');
  writeFileSync(askPass, '#!/bin/sh\nprintf "%s\\n" "$BENCH_PASSWORD"\n');
  chmodSync(askPass, 0o700);
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    SSH_ASKPASS: askPass,
    SSH_ASKPASS_REQUIRE: 'force',
    BENCH_PASSWORD: host.password,
  };
  const options = [
    ...['-F', 'none', '-p', String(host.port), '-l', host.user],
    ...[`UserKnownHostsFile=${knownHosts}`, 'GlobalKnownHostsFile=none', 'StrictHostKeyChecking=yes'].flatMap(
      (option) => ['-o', option],
    ),
    ...['-o', 'PubkeyAuthentication=no', '-o', `ControlPath=${join(folder, 'control')}`],
  ];
  const master = spawn('ssh', [...options, '-M', '-N', '127.0.0.1'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const sftp = async (line: string): Promise<void> => {
    const batch = join(folder, 'batch');
    writeFileSync(batch, `${line}\n`);
    const connection = ['-q', '-F', 'none', '-P', String(host.port), ...options.slice(6)];
    const { code } = await ssh([...connection, '-b', batch, `${host.user}@127.0.0.1`], env, 'sftp');
    if (code !== 0) throw new Error(`sftp ended with ${code}: ${line}`);
  };
  let complaint = '';
  master.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  try {
    for (let tries = 0; (await ssh([...options, '-O', 'check', '127.0.0.1'], env)).code !== 0; tries += 1) {
      if (tries > 100 || master.exitCode !== null) throw new Error(`ssh did not connect.\n${complaint}`);
      await wait(50);
    }
    return await work({
      run: async (commandLine, acceptExitCodes) => {
        const { code, stdout } = await ssh([...options, '127.0.0.1', commandLine], env);
        if (!acceptExitCodes.includes(code)) throw new Error(`ssh ended with ${code}: ${commandLine}`);
        return stdout;
      },
      get: (remotePath, localPath) => sftp(`get ${remotePath} ${localPath}`),
      put: (localPath, remotePath) => sftp(`put ${localPath} ${remotePath}`),
    });
  } finally {
    const ended = once(master, 'close');
    master.kill('SIGTERM');
    await ended;
  }
}
