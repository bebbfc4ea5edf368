import type { Outcome } from '../../../src-preload/contract/operations';

export const outcomeColours: Record<Outcome, string> = {
  ok: 'teal',
  warning: 'yellow',
  failed: 'red',
  cancelled: 'gray',
  refused: 'orange',
  unknown: 'violet',
};
