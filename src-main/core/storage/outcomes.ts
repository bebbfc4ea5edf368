import { AppError } from '../errors/app-error';
import type { Probe, ProbeOutcome } from './backend';

/** The output of a probe. Throws the probe's own error: what could not be read is never "none". */
export function outcomeOf(
  outcomes: ReadonlyMap<string, ProbeOutcome>,
  probe: Probe,
): Extract<ProbeOutcome, { ok: true }> {
  const outcome = outcomes.get(probe.id);
  if (outcome === undefined) throw new AppError('internal', `"${probe.argv.join(' ')}" was not run.`);
  if (!outcome.ok) throw outcome.error;
  return outcome;
}

export function stdoutOf(outcomes: ReadonlyMap<string, ProbeOutcome>, probe: Probe): string {
  return outcomeOf(outcomes, probe).stdout;
}
