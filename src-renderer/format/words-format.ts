import type { ChangeState } from '../../src-preload/contract/changes';
import type { AccessLevel, Health, HostState } from '../../src-preload/contract/hosts';
import type { Outcome, Risk } from '../../src-preload/contract/operations';

export const healthWords: Record<Health, string> = {
  critical: 'Critical',
  warning: 'Warning',
  unknown: 'Unknown',
  ok: 'Healthy',
};

export const statusWords: Record<HostState['status'], string> = {
  'never-connected': 'Never connected',
  connecting: 'Connecting',
  online: 'Online',
  offline: 'Offline',
  untrusted: 'Host key not trusted',
  'needs-credentials': 'Needs credentials',
  failed: 'Failed',
};

export const outcomeWords: Record<Outcome, string> = {
  ok: 'Done',
  warning: 'Done with warnings',
  failed: 'Failed',
  cancelled: 'Cancelled',
  refused: 'Refused',
  unknown: 'Outcome unknown',
};

export const changeStateWords: Record<ChangeState, string> = {
  pending: 'Pending',
  applying: 'Applying',
  applied: 'Applied',
  failed: 'Failed',
  unknown: 'Outcome unknown',
  discarded: 'Discarded',
};

export const riskWords: Record<Risk, string> = {
  safe: 'Safe',
  destructive: 'Destructive',
  catastrophic: 'Catastrophic',
};

export const riskColours: Record<Risk, string> = { safe: 'teal', destructive: 'orange', catastrophic: 'red' };

export const accessWords: Record<AccessLevel, { title: string; text: string }> = {
  view: { title: 'View', text: 'Reads only. Nothing can be changed from this laptop.' },
  operate: { title: 'Operate', text: 'May also do routine work, such as taking snapshots.' },
  administer: { title: 'Administer', text: 'May also destroy and roll back, after confirmation.' },
};

/** Behind the level of a host or cluster: what the policy of this computer makes of it. */
export function capWords({
  accessLevel,
  most,
}: {
  accessLevel: AccessLevel;
  most?: AccessLevel | undefined;
}): string {
  if (most === undefined) return '';
  return accessLevel === most
    ? ', the most that the policy of this computer allows'
    : `; the policy of this computer allows ${accessWords[most].title} at most`;
}
