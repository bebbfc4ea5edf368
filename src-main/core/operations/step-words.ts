import type { Plan, Retry } from '../../../src-preload/contract/operations';

/** `up to 5 times, 200 ms apart, while it says “remove ioctl … Device or resource busy”` */
export function retryWords({ tries, waitMs, stderrHas }: Retry): string {
  return `up to ${tries} times, ${waitMs} ms apart, while it says “${stderrHas.join(' … ')}”`;
}

/** What the steps of a plan are called. */
export function sentWord({ host, steps }: Pick<Plan, 'host' | 'steps'>): 'command' | 'change' | 'request' {
  if (host.kind === 'cluster') return 'request';
  return steps.length > 0 && steps.every(({ kind }) => kind === 'sftp') ? 'change' : 'command';
}

/** Heading over what takes back the steps of a plan. */
export const cleanUpHeading =
  'When one fails or you stop it, what was made so far is taken back with these, in this order:';
