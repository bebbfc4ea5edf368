import type { Retry } from '../../../src-preload/contract/operations';

/** `up to 5 times, 200 ms apart, while it says “remove ioctl … Device or resource busy”` */
export function retryWords({ tries, waitMs, stderrHas }: Retry): string {
  return `up to ${tries} times, ${waitMs} ms apart, while it says “${stderrHas.join(' … ')}”`;
}

/** Heading over what takes back the steps of a plan. */
export const cleanUpHeading =
  'When one fails or you stop it, what was made so far is taken back with these, in this order:';
