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
 * Text from a host as a dialog may show it: control, format and bidirectional characters become visible escapes.
 *
 * SECURITY: a data set or mount point with U+202E in its name could otherwise reorder the words of a dialog.
 */
export function visible(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}

function describeItem(item: Consequence['items'][number]): string {
  const name = visible(item.name);
  return item.sizeBytes === null ? name : `${name} (${filesize(item.sizeBytes, { standard: 'iec' })})`;
}

function describeConsequence(consequence: Consequence): string[] {
  const mark = consequence.severity === 'loss' ? 'LOSS: ' : '';
  const lines = [`• ${mark}${cut(visible(consequence.text), consequenceLimit)}`];
  for (const item of consequence.items.slice(0, itemsShown)) {
    lines.push(`    – ${cut(describeItem(item), consequenceLimit)}`);
  }
  const more = consequence.items.length - itemsShown;
  if (more > 0) lines.push(`    … and ${more} more`);
  return lines;
}

function describeConsequences(plan: Plan, budget: number): string[] {
  const sorted = [...plan.consequences].sort((a, b) => severityOrder[a.severity] - severityOrder[b.severity]);
  const lines: string[] = [];
  let used = 0;
  for (const [index, consequence] of sorted.entries()) {
    const words = describeConsequence(consequence);
    const length = words.reduce((sum, line) => sum + line.length + 1, 0);
    if (used + length > budget) {
      lines.push(`… and ${sorted.length - index} more, shown in the plan`);
      break;
    }
    lines.push(...words);
    used += length;
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
