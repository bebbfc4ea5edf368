import type { ClusterLogin } from '../../../../../src-preload/contract/clusters';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import { quoteArgv } from '../../../ssh/quote';
import { joined, partOf, partsOf, withPart, type Parts } from './guest-settings';

/** The features that can be chosen here; all others of a container stay as they are. */
const chosenHere = ['nesting', 'keyctl'] as const;
export type Features = Readonly<Record<(typeof chosenHere)[number], boolean>>;

const featuresOf = (value: string | null): Parts => (value === null || value === '' ? [] : partsOf(value));

const isSet = (parts: Parts, feature: string): boolean =>
  /^(?:1|on|yes|true)$/i.test(partOf(parts, feature) ?? '');

export function hasFeature(value: string | null, feature: keyof Features): boolean {
  return isSet(featuresOf(value), feature);
}

/** `nesting=1,keyctl=1`; null: none. */
export function featuresWith(before: string | null, wanted: Features): string | null {
  const parts = chosenHere.reduce<Parts>(
    (all, feature) =>
      isSet(all, feature) === wanted[feature] ? all : withPart(all, feature, wanted[feature] ? '1' : null),
    featuresOf(before),
  );
  return parts.length === 0 ? null : joined(parts);
}

/**
 * Whether another feature than nesting differs: nesting of an unprivileged container is all that others than root@pam may
 * change (PVE/LXC.pm, check_ct_modify_config_perm, as of 9.2).
 */
function isMoreThanNesting(before: string | null, wanted: string | null): boolean {
  const [old, next] = [featuresOf(before), featuresOf(wanted)];
  return [...old, ...next].some(
    ([feature]) => feature !== 'nesting' && partOf(old, feature) !== partOf(next, feature),
  );
}

/** SECURITY: a token of root@pam is another identity than root@pam, whatever its rights are. */
function whoElse(login: ClusterLogin): string | null {
  if (login.kind === 'password') {
    return login.userId === 'root@pam' ? null : `Holdfast logs in to this cluster as ${login.userId}`;
  }
  return login.tokenId.startsWith('root@pam!')
    ? `the token ${login.tokenId} is not root@pam itself`
    : `Holdfast logs in to this cluster with the token ${login.tokenId}`;
}

export interface FeatureChange {
  node: string;
  vmid: number;
  unprivileged: boolean;
  /** As they hold now, whatever waits for the next start; null: none. */
  before: string | null;
  wanted: string | null;
}

const pctLine = ({ vmid, wanted }: FeatureChange): string =>
  quoteArgv([
    'pct',
    'set',
    String(vmid),
    ...(wanted === null ? ['--delete', 'features'] : ['--features', wanted]),
  ]);

/**
 * What stands in the way of a change of features that is to be sent.
 *
 * @param without what is done here so that root has the rest to do: `make it without keyctl and `
 */
export function featureBlockers(login: ClusterLogin, change: FeatureChange, without = ''): Blocker[] {
  const { node, unprivileged, before, wanted } = change;
  const who = whoElse(login);
  return [
    ...(!unprivileged && hasFeature(wanted, 'keyctl') && !hasFeature(before, 'keyctl')
      ? [
          {
            text: 'keyctl is for unprivileged containers only.',
            remedy: 'Leave it off: a privileged container may use it without.',
          },
        ]
      : []),
    ...(who !== null && (!unprivileged || isMoreThanNesting(before, wanted))
      ? [
          {
            text: `${unprivileged ? 'Features of a container other than nesting' : 'Features of a privileged container'} are for root@pam alone, and ${who}.`,
            remedy: `Log in to this cluster as root@pam with its password (in its settings), or ${without}run this on ${node} as root: ${pctLine(change)}`,
          },
        ]
      : []),
  ];
}

export const keyctlHelp =
  'Docker in an unprivileged container needs it. Only root@pam with its password may set it.';
export const keyctlCost =
  'With keyctl, systemd-networkd in the container may fail: pct(1) has one choose between it and Docker.';
