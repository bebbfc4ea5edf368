import type { Plan, SshStep } from '../../../src-preload/contract/operations';

/** The steps of a plan on a Linux host; one that holds anything else fails. */
export function commandsOf(plan: Plan): SshStep[] {
  return plan.steps.map((step) => {
    if (step.kind !== 'ssh') throw new Error(`${step.title} is no command.`);
    return step;
  });
}
