// The way into the machine: the system's ssh client, strict about the host key we made ourselves.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADMIN, SSH_HOST, paths } from './config.mjs';
import { LabError } from './process.mjs';

/** `SHA256:...` of the machine's ed25519 host key, as `ssh-keygen -l` prints it. */
export function hostKeyFingerprint() {
  const blob = Buffer.from(readFileSync(`${paths.hostKey}.pub`, 'utf8').split(' ')[1], 'base64');
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

export function writeKnownHosts(port) {
  const [type, blob] = readFileSync(`${paths.hostKey}.pub`, 'utf8').split(' ');
  writeFileSync(paths.knownHosts, `[${SSH_HOST}]:${port} ${type} ${blob.trim()}\n`);
}

function sshArguments(port, { user = ADMIN, connectSeconds = 10, options = [] } = {}) {
  const settings = [
    ...['BatchMode=yes', 'IdentitiesOnly=yes', 'LogLevel=ERROR', 'StrictHostKeyChecking=yes'],
    ...[
      'HostKeyAlgorithms=ssh-ed25519',
      `UserKnownHostsFile="${paths.knownHosts}"`,
      'GlobalKnownHostsFile=/dev/null',
    ],
    `ConnectTimeout=${connectSeconds}`,
  ];
  const flags = [...options, ...settings].flatMap((setting) => ['-o', setting]);
  return ['-F', 'none', '-p', String(port), '-i', paths.userKey, ...flags, `${user}@${SSH_HOST}`];
}

/** Run a remote command; resolves to `{ code, stdout, stderr }`, whatever the code. */
export function sshRun(port, command, { onOutput, env, ...settings } = {}) {
  return new Promise((done, fail) => {
    const child = spawn('ssh', [...sshArguments(port, settings), command], {
      env: { ...process.env, ...env },
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => {
      output.stdout += chunk;
      onOutput?.(chunk, child);
    });
    child.stderr.on('data', (chunk) => (output.stderr += chunk));
    child.stdin.on('error', () => {}); // the connection may be gone before we write
    if (!onOutput) child.stdin.end();
    child.on('error', (error) => fail(new LabError(`cannot run ssh: ${error.message}`)));
    child.on('close', (code) => done({ code: code ?? 255, ...output }));
  });
}

/** ssh with our own terminal; resolves to the exit code. */
export function sshInteractive(port, words) {
  return new Promise((done, fail) => {
    const child = spawn('ssh', [...sshArguments(port), ...words], { stdio: 'inherit' });
    child.on('error', (error) => fail(new LabError(`cannot run ssh: ${error.message}`)));
    child.on('close', (code) => done(code ?? 255));
  });
}

/** Set the guest's clock from ours: after a resume it still shows when the state was saved. */
function setClock(port, connectSeconds) {
  const command = 'echo ready; read now; sudo -n date -u -s "@$now" > /dev/null';
  // The time is sent once the connection stands, which under emulation takes a second.
  const onOutput = (_chunk, child) => child.stdin.end(`${(Date.now() / 1000).toFixed(3)}\n`);
  return sshRun(port, command, { connectSeconds, onOutput });
}

/** Wait until the machine answers over SSH, and set its clock. */
export async function waitForSsh(port, { timeoutMs, stillRunning }) {
  const deadline = Date.now() + timeoutMs;
  let last;
  for (let attempt = 0; Date.now() < deadline; attempt += 1) {
    if (!stillRunning()) throw new LabError('QEMU ended unexpectedly');
    // Short at first: while the guest boots, QEMU accepts the connection and nobody answers.
    last = await setClock(port, attempt < 8 ? 3 : 10);
    if (last.code === 0) return;
    await sleep(200);
  }
  throw new LabError(`no answer over SSH within ${timeoutMs / 1000} s: ${last?.stderr.trim()}`);
}
