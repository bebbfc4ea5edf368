import type {
  Consequence,
  Plan,
  PlanStep,
  PveStep,
  SftpStep,
  SshStep,
} from '../../../src-preload/contract/operations';
import { assertNever } from '../errors/assert-never';
import { quoteArgv, quoteWord } from '../ssh/quote';
import { bytes, moment } from './actions/words';
import { visible } from './confirm-words';
import { retryWords } from './step-words';

/** Exit code of a script that was started without the words it asks for: EX_USAGE of sysexits(3). */
const usageExitCode = 64;

/**
 * A plan as a POSIX shell script, for those who have to run it by hand: the same commands, word for word, with what
 * they do and what they cost as comments.
 *
 * It stops at the first command that does not end as the plan accepts. What Holdfast asks a person to type, the
 * script wants as arguments; a blocked plan becomes a script that only says so.
 *
 * SECURITY: every text that is not a command stands behind `# ` on one line with its control characters made
 * visible, or in single quotes, so that no name on a host becomes a command here.
 *
 * @param goesOn the plan goes on with the next object after a failed step; a script does not
 */
export function planScript(plan: Plan, goesOn = false): string {
  return [
    '#!/bin/sh',
    ...header(plan),
    ...(goesOn
      ? [
          comment(
            'Holdfast would go on with the next object after a command failed; this script stops there, so that nobody overlooks it.',
          ),
          '#',
        ]
      : []),
    ...plan.consequences.flatMap(consequenceLines),
    comment(plan.undo === null ? 'Undo: this cannot be undone.' : `Undo: ${plan.undo}`),
    '',
    'set -eu',
    '',
    ...blockerLines(plan),
    ...typedLines(plan),
    ...accessLines(plan),
    ...plan.steps.flatMap((step, index) => stepLines(step, index, plan.steps.length)),
    ...cleanUpLines(plan),
  ].join('\n');
}

/** `holdfast-destroy-zfs-snapshot-nas-01-20261123-101502.sh` */
export function scriptName({ title, host, createdAtMs }: Plan): string {
  const slug = `${title}-${host.name}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 80);
  const at = new Date(createdAtMs).toISOString();
  return `holdfast-${slug}-${at.slice(0, 10).replaceAll('-', '')}-${at.slice(11, 19).replaceAll(':', '')}.sh`;
}

function comment(text: string, indent = ''): string {
  return `# ${indent}${visible(text)}`;
}

function header(plan: Plan): string[] {
  const { host, title, target, risk, createdAtMs, digest } = plan;
  const { label, production } = host.environment;
  return [
    comment(`${title}: ${target.kind} ${target.name}`),
    '#',
    comment(
      `${host.kind === 'host' ? 'Host:   ' : 'Cluster:'} ${host.name} (${host.address}), ${label}${production ? ', production' : ''}`,
    ),
    comment(`Planned: ${moment(createdAtMs)} by Holdfast, from what the host said then`),
    comment(`Risk:    ${risk}`),
    comment(`Digest:  ${digest} (SHA-256 of the plan)`),
    '#',
    comment(
      `Run it ${host.kind === 'host' ? 'on that host and ' : ''}soon: what is run by hand is neither checked against the state of the ${host.kind} again nor recorded in the audit of Holdfast.`,
    ),
    '#',
  ];
}

const severityWords: Record<Consequence['severity'], string> = {
  loss: 'LOST',
  warning: 'Mind',
  info: 'Note',
};

function consequenceLines({ severity, text, items }: Consequence): string[] {
  return [
    comment(`${severityWords[severity]}: ${text}`),
    ...items.map(({ name, sizeBytes }) =>
      comment(sizeBytes === null ? name : `${name} (${bytes(sizeBytes)})`, '  - '),
    ),
    '#',
  ];
}

function say(text: string): string {
  return `printf '%s\\n' ${quoteWord(visible(text))} >&2`;
}

function blockerLines({ blockers }: Plan): string[] {
  if (blockers.length === 0) return [];
  return [
    comment(
      'The plan was blocked when it was made. Lift what blocks it and plan again: what follows is for reading.',
    ),
    ...blockers.flatMap(({ text, remedy }) => [say(`Blocked: ${text}`), say(`  ${remedy}`)]),
    'exit 1',
    '',
  ];
}

function typedLines({ typed, host }: Plan): string[] {
  const words = [
    ...(typed.target === null ? [] : [{ what: 'the name of the target', word: typed.target }]),
    ...(typed.host === null ? [] : [{ what: `the name of the ${host.kind}`, word: typed.host }]),
  ];
  if (words.length === 0) return [];
  const arguments_ = words.map(({ word }) => quoteWord(word)).join(' ');
  const tests = words.map(({ word }, index) => `[ "$${index + 1}" = ${quoteWord(word)} ]`);
  return [
    comment(
      `Holdfast has a person type ${words.map(({ what }) => what).join(' and ')} before it runs this. So does the script, as arguments:`,
    ),
    comment(`  sh THIS-FILE ${arguments_}`),
    `if ! { [ "$#" -eq ${words.length} ] && ${tests.join(' && ')}; }; then`,
    `  ${say(`Nothing was done. To run this: sh THIS-FILE ${arguments_}`)}`,
    `  exit ${usageExitCode}`,
    'fi',
    '',
  ];
}

function stepLines(step: PlanStep, index: number, count: number): string[] {
  return [
    comment(`Step ${index + 1} of ${count}: ${step.title}`),
    comment(step.explain),
    ...(step.kind === 'pve' ? [comment(`It takes ${step.needs}.`)] : []),
    ...linesOf(step),
    '',
  ];
}

function linesOf(step: PlanStep): string[] {
  switch (step.kind) {
    case 'ssh':
      return commandLines(step);
    case 'sftp':
      return fileLines(step);
    case 'pve':
      return requestLines(step);
    default:
      return assertNever(step);
  }
}

/** What SFTP does, by the tools of the host: run there as the login user. A file of the laptop has to be there first. */
function fileLines({ verb, paths, content }: SftpStep): string[] {
  const [first = '', second = ''] = paths.map(quoteWord);
  const target = verb === 'put' || verb === 'cp' || verb === 'rename' ? second : first;
  const folder = `mkdir -p -- "$(dirname -- ${target})"`;
  const by = comment('Holdfast does this over SFTP; on the host, as the login user, it is:');
  switch (verb) {
    case 'mkdir':
      return [by, `mkdir -p -- ${first}`];
    case 'rm':
      return [by, `rm -- ${first}`];
    case 'rmdir':
      return [by, `rm -r -- ${first}`];
    case 'cp':
      return [by, folder, `cp --no-target-directory -- ${first} ${second}`];
    case 'rename':
      return [by, folder, `mv --no-target-directory -- ${first} ${second}`];
    case 'write':
      return [by, folder, `printf '%s' ${quoteWord(content ?? '')} > ${first}`];
    case 'put':
      return [
        by,
        comment(`Copy ${paths[0] ?? ''} of the laptop to the host first, by scp.`),
        ': "${UPLOAD:?Set UPLOAD to the path of the copy on this host}"',
        folder,
        `cp --no-target-directory -- "$UPLOAD" ${second}`,
      ];
    default:
      return assertNever(verb);
  }
}

/** A script stops where a command fails; what Holdfast would then take back is for a person to judge. */
function cleanUpLines({ cleanUp = [] }: Plan): string[] {
  if (cleanUp.length === 0) return [];
  return [
    comment('Where this stops half-way, Holdfast would take back what was made so far, in this order:'),
    ...cleanUp.flatMap(({ of, step }) => [
      comment(`${step.title} (of step ${of + 1}): ${lineOf(step)}`, '  '),
    ]),
    '',
  ];
}

/** Not `commandLine`: on hosts with noisy start-up files that begins with a marker which is ours alone. */
function lineOf({ argv, stdin }: SshStep): string {
  const command = `LC_ALL=C ${quoteArgv(argv)}`;
  return stdin === undefined ? command : `printf '%s' ${quoteWord(stdin)} | ${command}`;
}

function commandLines(step: SshStep): string[] {
  const { acceptExitCodes, timeoutSeconds, retry } = step;
  const line = lineOf(step);
  const plain = acceptExitCodes.length === 1 && acceptExitCodes[0] === 0;
  return [
    comment(`Holdfast waits at most ${timeoutSeconds} s for it.`),
    ...(retry === undefined ? [] : [comment(`Holdfast tries it ${retryWords(retry)}.`)]),
    ...(plain
      ? [line]
      : [
          comment(`It may end with exit code ${acceptExitCodes.join(' or ')}.`),
          'code=0',
          `${line} || code=$?`,
          `case "$code" in ${acceptExitCodes.join(' | ')}) ;; *) exit "$code" ;; esac`,
        ]),
  ];
}

/** A call of the API by curl(1). Proxmox VE takes no body with DELETE and GET, so their parameters go into the query. */
function requestLines({ method, path, parameters, timeoutSeconds }: PveStep): string[] {
  const words = [
    'curl',
    '--fail-with-body',
    '--silent',
    '--show-error',
    '--cacert',
    ...(method === 'DELETE' || method === 'GET' ? ['--get', '--request', method] : ['--request', method]),
    ...parameterWords(parameters),
  ].map(quoteWord);
  words.splice(words.indexOf('--cacert') + 1, 0, '"$PVE_CA"');
  return [
    comment(
      `It answers at once with the id of a task, which Holdfast follows for at most ${timeoutSeconds} s.`,
    ),
    ...(parameters.some((parameter) => /=\((?:secret|\d+ bytes, SHA-256 [0-9a-f]+)\)$/.test(parameter))
      ? [comment('Put the value that was kept secret in the place of what stands in brackets.')]
      : []),
    `printf 'header = "Authorization: PVEAPIToken=%s"\\n' "$PVE_TOKEN" | ${words.join(' ')} --config - "https://$PVE_HOST"${quoteWord(`/api2/json${path}`)}`,
  ];
}

const fileParameter = 'filename=@';

/** With a file they are parts of a form, in which curl(1) gives `;`, `,` and quotes in a path a meaning of their own. */
function parameterWords(parameters: readonly string[]): string[] {
  if (!parameters.some((parameter) => parameter.startsWith(fileParameter))) {
    return parameters.flatMap((parameter) => ['--data-urlencode', parameter]);
  }
  return parameters.flatMap((parameter) =>
    parameter.startsWith(fileParameter)
      ? [
          '--form',
          `${fileParameter}"${parameter.slice(fileParameter.length).replaceAll(/(["\\])/g, '\\$1')}"`,
        ]
      : ['--form-string', parameter],
  );
}

/** What calls of the API need and a script must not hold. */
function accessLines({ steps, host }: Plan): string[] {
  if (!steps.some(({ kind }) => kind === 'pve')) return [];
  return [
    comment(
      'The token is read from the environment, never from the command line, where others could see it.',
    ),
    ': "${PVE_TOKEN:?Set PVE_TOKEN to user@realm!token=secret}"',
    ': "${PVE_CA:?Set PVE_CA to a copy of /etc/pve/pve-root-ca.pem}"',
    `: "\${PVE_HOST:=${host.address.replace(/[^A-Za-z0-9.:[\]_-]/g, '')}}"`,
    '',
  ];
}
