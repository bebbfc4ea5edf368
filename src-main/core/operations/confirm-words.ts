import { filesize } from 'filesize';
import type { Consequence, Plan, PlanStep } from '../../../src-preload/contract/operations';
import type { ConfirmQuestion } from '../port/shell-port';
import { cleanUpHeading, retryWords, sentWord } from './step-words';

/** Bounds of the native dialog, from port/protocol.ts. */
const detailLimit = 20_000;
const messageLimit = 4_000;
/** Names listed under one consequence; a dialog with 3,000 names reads worse than one with 12 and a count. */
const itemsShown = 12;
const consequenceLimit = 600;

const severityOrder = { loss: 0, warning: 1, info: 2 } as const;

/**
 * Text from a host as a dialog may show it: characters that reorder or control text, that are not drawn, or that look
 * like the space they are not, become visible escapes.
 *
 * SECURITY: a data set or mount point with U+202E in its name could otherwise reorder the words of a dialog, and one
 * with U+3164 or a no-break space in it would look like another.
 */
export function visible(text: string): string {
  return text.replace(
    /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu,
    (character) => {
      const code = character.codePointAt(0) ?? 0;
      return `\\u{${code.toString(16)}}`;
    },
  );
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}

function describeItem(item: Consequence['items'][number]): string {
  const name = visible(item.name);
  return item.sizeBytes === null ? name : `${name} (${filesize(item.sizeBytes, { standard: 'iec' })})`;
}

function headline({ severity, text }: Consequence): string {
  return `• ${severity === 'loss' ? 'LOSS: ' : ''}${cut(visible(text), consequenceLimit)}`;
}

const lengthOf = (lines: readonly string[]): number => lines.reduce((sum, line) => sum + line.length + 1, 0);
/** What a line that only counts may take. */
const countRoom = 80;

/**
 * Losses first, and of each its sentence before any name: long names, which whoever can name an object on a host may
 * give it, must not push out what is lost.
 */
function describeConsequences(plan: Plan, budget: number): string[] {
  const sorted = [...plan.consequences].sort((a, b) => severityOrder[a.severity] - severityOrder[b.severity]);
  const told: string[] = [];
  let room = budget - countRoom;
  for (const consequence of sorted) {
    const line = headline(consequence);
    room -= line.length + 1 + (consequence.items.length === 0 ? 0 : countRoom);
    if (room < 0) break;
    told.push(line);
  }
  room = Math.max(0, room);
  const lines = sorted.slice(0, told.length).flatMap(({ items }, index) => {
    const names: string[] = [];
    for (const item of items.slice(0, itemsShown)) {
      const line = `    – ${cut(describeItem(item), consequenceLimit)}`;
      if (lengthOf([line]) > room) break;
      room -= lengthOf([line]);
      names.push(line);
    }
    const more = items.length - names.length;
    return [told[index] ?? '', ...names, ...(more > 0 ? [`    … and ${more} more`] : [])];
  });
  const left = sorted.slice(told.length);
  const losses = left.filter(({ severity }) => severity === 'loss').length;
  if (left.length > 0) {
    lines.push(
      `… and ${left.length} more${losses === 0 ? '' : `, ${losses} of them LOSSES`}, shown in the plan`,
    );
  }
  return lines;
}

function describeCommands(plan: Plan): string[] {
  const what = sentWord(plan);
  const mark = what === 'command' ? '$ ' : '→ ';
  const heading =
    plan.steps.length === 1
      ? `This ${what} is sent:`
      : `These ${plan.steps.length} ${what}s are sent, in this order:`;
  const cleanUp = plan.cleanUp ?? [];
  return [
    heading,
    ...plan.steps.flatMap((step) => describeStep(step, mark)),
    ...(cleanUp.length === 0
      ? []
      : [cleanUpHeading, ...cleanUp.flatMap(({ step }) => describeStep(step, mark))]),
  ];
}

function describeStep(step: PlanStep, mark: string): string[] {
  const lines = [`${mark}${visible(step.commandLine)}`];
  if (step.kind === 'sftp' && step.content !== undefined) {
    lines.push(`    its content: ${visible(step.content)}`);
  }
  if (step.kind !== 'ssh') return lines;
  if (step.stdin !== undefined) lines.push(`    its input: ${visible(step.stdin)}`);
  if (step.retry !== undefined) lines.push(`    ${visible(retryWords(step.retry))}`);
  return lines;
}

/** Room that a plan's commands need in the dialog; above `commandRoom` the plan is blocked, never shortened. */
export function commandLength(plan: Plan): number {
  return describeCommands(plan).join('\n').length;
}
/** Characters that commands may take, so that losses and undo always have their place. */
export const commandRoom = 14_000;

/**
 * The words of the native dialog, from the plan that the core built and nothing else.
 * Losses stand first; long lists end in "… and N more"; a command is never left out or shortened.
 */
export function confirmWords(plan: Plan): ConfirmQuestion {
  const { host } = plan;
  const production = host.environment.production ? ', production' : '';
  const message = [
    `${host.kind === 'host' ? 'Host' : 'Cluster'}: ${visible(host.name)} (${visible(host.address)})`,
    `Environment: ${visible(host.environment.label)}${production}`,
    `Target: ${visible(plan.target.kind)} ${visible(plan.target.name)}`,
  ].join('\n');

  const commands = describeCommands(plan);
  const undo = [
    '',
    plan.undo === null ? 'This cannot be undone.' : `To undo: ${cut(visible(plan.undo), consequenceLimit)}`,
  ];
  const fixed = [...commands, ...undo].join('\n').length + 200;
  const consequences = describeConsequences(plan, detailLimit - fixed);
  const detail = [
    ...(consequences.length === 0 ? [] : ['What it does:', ...consequences, '']),
    ...commands,
    ...undo,
  ].join('\n');

  return {
    kind: 'plan',
    title: cut(`${visible(plan.title)} on ${visible(host.name)}?`, 500),
    message: cut(message, messageLimit),
    detail,
    confirmLabel: cut(visible(plan.title), 80),
  };
}
