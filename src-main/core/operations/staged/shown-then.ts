import { createHash } from 'node:crypto';
import type { ShownThen, StagedChange } from '../../../../src-preload/contract/changes';
import type { Consequence, Plan, PlanStep } from '../../../../src-preload/contract/operations';
import { redactText } from '../../audit/redact';
import { moment } from '../actions/words';
import { canonicalJson } from '../canonical';

/** What of a plan a staged change is compared by. */
export type ShownPlan = Pick<
  Plan,
  'risk' | 'target' | 'steps' | 'cleanUp' | 'consequences' | 'blockers' | 'undo'
>;

/** Of a command its arguments: on hosts with noisy start-up files its line differs with every connection. */
function sentBy(step: PlanStep): string {
  const sent =
    step.kind === 'ssh'
      ? { argv: step.argv, stdin: step.stdin ?? null }
      : { line: step.commandLine, content: step.kind === 'sftp' ? (step.content ?? null) : null };
  return createHash('sha256').update(canonicalJson(sent)).digest('hex').slice(0, 16);
}

function redacted(consequence: Consequence): Consequence {
  return {
    ...consequence,
    text: redactText(consequence.text),
    items: consequence.items.map(({ name, sizeBytes }) => ({ name: redactText(name), sizeBytes })),
  };
}

/** The plan as it is kept, without what looks like a secret. */
export function shownThen(plan: ShownPlan): ShownThen {
  const command = (step: PlanStep, mark = '') => ({
    title: `${mark}${redactText(step.title)}`,
    line: redactText(step.commandLine),
    same: sentBy(step),
  });
  return {
    commands: [
      ...plan.steps.map((step) => command(step)),
      ...(plan.cleanUp ?? []).map(({ step }) => command(step, 'If it does not end well: ')),
    ],
    consequences: plan.consequences.map(redacted),
    blockers: plan.blockers.map(({ text, remedy }) => ({
      text: redactText(text),
      remedy: redactText(remedy),
    })),
    undo: plan.undo === null ? null : redactText(plan.undo),
  };
}

interface Line {
  text: string;
  /** What it is compared by. */
  same: string;
}

/** What stands in one list and not in the other, each with its sign. */
function changed(before: readonly Line[], after: readonly Line[]): string[] {
  const only = (these: readonly Line[], those: readonly Line[], sign: string): string[] => {
    const known = new Set(those.map(({ same }) => same));
    return these.flatMap(({ text, same }) => (known.has(same) ? [] : [`${sign} ${text}`]));
  };
  return [...only(before, after, '−'), ...only(after, before, '+')];
}

const line = (text: string): Line => ({ text, same: text });
const commandLines = ({ commands }: ShownThen): Line[] =>
  commands.map(({ line: text, same }) => ({ text, same }));
const consequenceLines = ({ consequences }: ShownThen): Line[] =>
  consequences.map(({ text, items }) => ({
    text,
    same: canonicalJson([text, items.map(({ name }) => name)]),
  }));

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}

/** How a plan that was made anew compares with the one that was staged, as a consequence that is shown and confirmed. */
export function comparedWith(
  { stagedAtMs, risk, target }: Pick<StagedChange, 'stagedAtMs' | 'risk' | 'target'>,
  then: ShownThen,
  plan: ShownPlan,
): Consequence {
  const now = shownThen(plan);
  const sameOrder = canonicalJson(commandLines(then).map(({ same }) => same));
  const commands = changed(commandLines(then), commandLines(now));
  const reordered =
    commands.length === 0 && sameOrder !== canonicalJson(commandLines(now).map(({ same }) => same));
  const meaning = changed(consequenceLines(then), consequenceLines(now));
  const blockers = changed(
    then.blockers.map(({ text }) => line(text)),
    now.blockers.map(({ text }) => line(text)),
  );
  const what = [
    ...(risk === plan.risk ? [] : [`the risk (it was ${risk}, now it is ${plan.risk})`]),
    ...(target.name === redactText(plan.target.name) ? [] : [`the target (it was ${target.name})`]),
    ...(commands.length === 0 && !reordered ? [] : ['what is sent']),
    ...(meaning.length === 0 ? [] : ['what it means']),
    ...(blockers.length === 0 ? [] : ['what stands in its way']),
  ];
  const staged = `It was staged ${moment(stagedAtMs)}.`;
  if (what.length === 0) {
    return { severity: 'info', text: `${staged} Planned anew, it is the same.`, items: [] };
  }
  const lines = [...new Set([...commands, ...meaning, ...blockers])];
  return {
    // Sizes and ages move all the time: alone they are worth a note, no warning.
    severity: what.length === 1 && what[0] === 'what it means' ? 'info' : 'warning',
    text: `${staged} Planned anew, ${listed(what)} ${what.length === 1 ? 'has' : 'have'} changed.`,
    items: lines.map((name) => ({ name, sizeBytes: null })),
  };
}
