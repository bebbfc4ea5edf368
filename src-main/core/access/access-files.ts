import { readFile, stat } from 'node:fs/promises';
import type { AccessFile, AccessFiles, FileAccess } from '../../../src-preload/contract/access';
import type { AccessLevel, Host } from '../../../src-preload/contract/hosts';
import { programsOf } from '../ssh/programs';
import type { SshSession } from '../ssh/types';
import { commandRules } from '../whitelist/catalogue';
import { authorizedKeysLine, gatePath, gateScript, takesFiles } from '../whitelist/gate';
import { isWithin } from '../whitelist/rule';
import { sudoersFile } from '../whitelist/sudoers';

export const sudoVersionArgv = ['sudo', '-V'] as const;

/** From here on sudoers(5) reads regular expressions. */
const firstWithPatterns = [1, 9, 10] as const;

/** `Sudo version 1.9.13p3`; null: another program, or none. */
export function parseSudoVersion(stdout: string): string | null {
  return /^Sudo version (\d+\.\d+\.\d+\S*)/m.exec(stdout)?.[1] ?? null;
}

export function knowsPatterns(version: string): boolean {
  const parts = version.split('.').map((part) => Number.parseInt(part, 10));
  for (const [index, wanted] of firstWithPatterns.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}

/** Of the key file beside the private one, if there is such a file. */
export async function publicKeyBeside(privateKeyPath: string): Promise<string | null> {
  try {
    const path = `${privateKeyPath}.pub`;
    const about = await stat(path);
    if (!about.isFile() || about.size > 16 * 1024) return null;
    const [line = ''] = (await readFile(path, 'utf8')).split('\n');
    return /^[a-z0-9@.-]+ [A-Za-z0-9+/=]+(?: [\x20-\x7e]*)?$/.test(line) ? line : null;
  } catch {
    return null;
  }
}

export function usesSudo(host: Host): boolean {
  return host.sudo && host.user !== 'root';
}

/** Absolute paths of the tools that the chosen level needs, as the host has them. */
export async function toolPaths(
  session: SshSession,
  level: AccessLevel,
): Promise<{
  paths: ReadonlyMap<string, string>;
  missing: string[];
}> {
  const tools = [
    ...new Set(
      commandRules.filter((rule) => isWithin(rule.level, level)).flatMap(({ argv }) => programsOf(argv)),
    ),
  ].toSorted();
  const paths = await session.locate([...tools, 'sudo'], true);
  return { paths, missing: tools.filter((tool) => !paths.has(tool)) };
}

/** null: the host answers no such question. */
export async function readSudoVersion(session: SshSession): Promise<string | null> {
  const { stdout } = await session.exec({
    operation: 'ask for the version of sudo',
    argv: sudoVersionArgv,
    privileged: false,
    acceptExitCodes: [0],
    timeoutSeconds: 20,
    maxOutputBytes: 256 * 1024,
    mutates: false,
  });
  return parseSudoVersion(stdout);
}

export interface AccessFilesRequest {
  host: Host;
  level: AccessLevel;
  session: SshSession;
  publicKey: string | null;
  files?: FileAccess;
}

/** Reads what the host has and writes the files for it. @throws AppError */
export async function accessFiles(request: AccessFilesRequest): Promise<AccessFiles> {
  const { host, level, session, publicKey } = request;
  const sudo = usesSudo(host);
  const { paths, missing } = await toolPaths(session, level);
  const sudoVersion = sudo && paths.has('sudo') ? await readSudoVersion(session) : null;
  const patterns = sudoVersion !== null && knowsPatterns(sudoVersion);
  const common = { hostName: host.name, level, paths, rules: commandRules };
  const notes: string[] = [];
  const files: AccessFile[] = [];
  if (sudo) {
    const remotePath = '/etc/sudoers.d/holdfast';
    files.push({
      kind: 'sudoers',
      remotePath,
      text: sudoersFile({ ...common, user: host.user, patterns }),
      install: [
        'visudo -cf holdfast-sudoers',
        `install -o root -g root -m 0440 holdfast-sudoers ${remotePath}`,
      ],
    });
    notes.push(
      'What sudo allows is the sum of all its files: take rules away that let this login do more, such as membership in the group sudo.',
    );
    if (!patterns) {
      notes.push(
        sudoVersion === null
          ? 'The version of sudo is not known, so its file allows whole tools: install the forced command too, it holds them to their options.'
          : `sudo ${sudoVersion} knows no regular expressions (1.9.10 and later do), so its file allows whole tools: install the forced command too, it holds them to their options.`,
      );
    }
  } else {
    notes.push(
      host.user === 'root'
        ? 'Holdfast logs in as root here, so sudo limits nothing: only the forced command does. A login of its own with sudo is the better way.'
        : 'This host is set to work without sudo, so there is no sudoers file for it.',
    );
  }
  files.push(
    {
      kind: 'gate',
      remotePath: gatePath,
      text: gateScript({ ...common, sudo, files: request.files }),
      install: [`install -D -o root -g root -m 0755 holdfast-gate ${gatePath}`],
    },
    {
      kind: 'authorized-keys',
      remotePath: `~${host.user}/.ssh/authorized_keys`,
      text: authorizedKeysLine(publicKey),
      install: [
        'Put this line in place of the one that has the same key now. Keep another way in until you have tried it.',
      ],
    },
  );
  if (publicKey === null) {
    notes.push(
      'The public key is not known here: put the one this laptop uses into the line of authorized_keys.',
    );
  }
  if (takesFiles(level, request.files)) {
    notes.push(
      `This forced command lets the key change files over SFTP. sftp-server holds nobody to a folder: whoever has the key can write every file that ${host.user} may, also ${host.user}’s own authorized_keys and shell start-up files, and so get past the forced command. Only sudo still holds then.`,
      `Take it only where files of sandbox volumes are managed, for a login that has nothing else. To keep authorized_keys out of its reach, let root own it elsewhere: “AuthorizedKeysFile /etc/ssh/authorized_keys/%u” in sshd_config.`,
    );
  } else if (level === 'administer') {
    notes.push(
      'Files are given out read-only: files of sandbox volumes can be looked at and downloaded with this key, and not be changed.',
    );
  }
  if (missing.length > 0) {
    notes.push(
      `Not on the host, so left out: ${missing.join(', ')}. Make the files anew after installing one of them.`,
    );
  }
  return { files, sudoVersion, missingTools: missing, notes };
}
