import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Channel } from '../../src-preload/contract';

/** Where one run of the whole live suite notes which actions were carried out; unset when a part of it runs. */
const notesPath = process.env['HOLDFAST_LIVE_NOTES'];
export const isWholeSuite = notesPath !== undefined;

type Answer = { ok: true; value: unknown } | { ok: false };

/** Watches the calls of one core, and notes each action that the machine carried out. */
export function doneNotes(): (channel: Channel, request: unknown, answer: Answer) => void {
  const actionOf = new Map<string, string>();
  return (channel, request, answer) => {
    if (notesPath === undefined || !answer.ok) return;
    if (channel === 'operations:plan') {
      const { id, action } = answer.value as { id: string; action: string };
      actionOf.set(id, action);
    } else if (channel === 'operations:run') {
      const { outcome } = answer.value as { outcome: string };
      const action = actionOf.get((request as { planId: string }).planId);
      if (action !== undefined && (outcome === 'ok' || outcome === 'warning')) {
        appendFileSync(notesPath, `${action}\n`);
      }
    }
  };
}

/** Actions that were carried out on the machine in this run of the suite. */
export function actionsDone(): ReadonlySet<string> {
  if (notesPath === undefined || !existsSync(notesPath)) return new Set();
  return new Set(readFileSync(notesPath, 'utf8').split('\n'));
}
