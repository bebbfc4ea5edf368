import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

export interface Lab {
  host: string;
  port: number;
  user: string;
  privateKeyPath: string;
  hostKeySha256: string;
  /** Of QEMU: a new one after every reset. */
  pid: number;
}

const labScript = resolve('e2e/lab/lab.mjs');

/** The running lab machine; started by `npm run test:live`. */
export function readLab(): Lab {
  const release = process.env['HOLDFAST_LAB_RELEASE'];
  const folder =
    process.env['HOLDFAST_LAB_DIR'] ??
    join(
      process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
      release === undefined ? 'holdfast-lab' : `holdfast-lab-${release}`,
    );
  return JSON.parse(readFileSync(join(folder, 'lab.json'), 'utf8')) as Lab;
}

/** Brings the machine back to its saved state: eight blank disks, no pools. */
export function resetLab(): Lab {
  execFileSync(process.execPath, [labScript, 'reset'], { stdio: 'inherit' });
  return readLab();
}

/**
 * The same without msb, for tests that are not about it: every reading of a host asks msb three questions, and each
 * takes seconds of the emulated processor.
 */
export async function resetLabWithoutMsb(): Promise<Lab> {
  const lab = resetLab();
  await onLab(lab, 'sudo chmod a-x "$(command -v msb)"');
  return lab;
}

/**
 * Runs a shell line on the lab machine with OpenSSH: never through Holdfast, so that what a test
 * sets up and checks does not depend on what it tests.
 * @param input of the line; one argument of ours takes no more than 128 KiB
 * @throws when the line exits non-zero, with what it said.
 */
export async function onLab(lab: Lab, line: string, input = ''): Promise<string> {
  const running = promisify(execFile)('ssh', sshArguments(lab, line), sshLimits);
  running.child.stdin?.end(input);
  const { stdout } = await running;
  return stdout;
}

export interface LabAnswer {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** The same for a line that may fail: also its exit code and its complaints. @throws when ssh itself fails */
export function answerOfLab(lab: Lab, line: string): Promise<LabAnswer> {
  return new Promise((resolve, reject) => {
    execFile('ssh', sshArguments(lab, line), sshLimits, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      // 255 is ssh's own word.
      if (typeof code !== 'number' || code === 255) reject(error ?? new Error('ssh ended without a code.'));
      else resolve({ exitCode: code, stdout, stderr });
    });
  });
}

const sshLimits = { timeout: 120_000, maxBuffer: 16 * 1024 * 1024 };

function sshArguments(lab: Lab, line: string): string[] {
  return [
    '-p',
    String(lab.port),
    '-i',
    lab.privateKeyPath,
    '-o',
    'StrictHostKeyChecking=no',
    '-o',
    'UserKnownHostsFile=/dev/null',
    '-o',
    'LogLevel=ERROR',
    '-o',
    'BatchMode=yes',
    // A handshake takes the emulated machine a second; the connection of one machine is shared, and ends with it.
    '-o',
    'ControlMaster=auto',
    '-o',
    `ControlPath=${join(tmpdir(), `holdfast-lab-${lab.pid}-%r`)}`,
    '-o',
    'ControlPersist=60',
    `${lab.user}@${lab.host}`,
    line,
  ];
}
