import type { LoadedPolicy, MachinePolicy, Most } from '../../../src-preload/contract/machine-policy';
import { accessLevels } from '../../../src-preload/contract/hosts';

/** What a policy can tell one host, or one node of a cluster, by. */
export interface Facts {
  address: string;
  port: number;
  /** One that is pinned, as `SHA256:…`; null: none. */
  hostKey: string | null;
  /** Pinned, in hexadecimal with colons; null: none. */
  certificate: string | null;
  environment: string;
}

const order: readonly Most[] = ['none', ...accessLevels];

export const lowest = (levels: readonly Most[]): Most =>
  levels.reduce<Most>((low, each) => (order.indexOf(each) < order.indexOf(low) ? each : low), 'administer');

/** A name may be written with the dot of the root, which leads to the same machine. */
const plain = (address: string): string => address.toLowerCase().replace(/\.$/, '');

/** By searching, not by an expression: it is asked for every host whenever there is a list of them. */
function matchesAddress(pattern: string, address: string): boolean {
  const [first = '', ...rest] = plain(pattern).split('*');
  const last = rest.pop();
  const name = plain(address);
  if (last === undefined) return name === first;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

function judge({ rules, otherwise }: MachinePolicy, facts: Facts): Most {
  const rule = rules.find(
    ({ address, port, hostKey, certificate, environment }) =>
      (address === undefined || matchesAddress(address, facts.address)) &&
      (port === undefined || port === facts.port) &&
      (environment === undefined || environment === facts.environment) &&
      (hostKey === undefined || hostKey === facts.hostKey) &&
      (certificate === undefined || certificate.toUpperCase() === facts.certificate?.toUpperCase()),
  );
  return rule?.most ?? otherwise;
}

/** What all policies together allow at most. */
export const mostOf = (policies: readonly LoadedPolicy[], facts: Facts): Most =>
  lowest(policies.map(({ policy }) => judge(policy, facts)));
