import type { LoadedPolicy, MachinePolicy, Most } from '../../../src-preload/contract/machine-policy';
import { accessLevels } from '../../../src-preload/contract/hosts';

/** What a policy can tell one host, or one node of a cluster, by. */
export interface Facts {
  address: string;
  port: number;
  /** Pinned, as `SHA256:…`. Asked for only where a rule names one. */
  hostKeys: () => readonly string[];
  /** Pinned, in hexadecimal with colons; null: none. */
  certificate: () => string | null;
  environment: string;
}

const order: readonly Most[] = ['none', ...accessLevels];

export const lowest = (levels: readonly Most[]): Most =>
  levels.reduce<Most>((low, each) => (order.indexOf(each) < order.indexOf(low) ? each : low), 'administer');

/** A name may be written with the dot of the root, which leads to the same machine. */
const plain = (address: string): string => address.toLowerCase().replace(/\.$/, '');

function matchesAddress(pattern: string, address: string): boolean {
  const parts = plain(pattern)
    .split('*')
    .map((part) => part.replace(/[.:_-]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(plain(address));
}

function judge({ rules, otherwise }: MachinePolicy, facts: Facts): Most {
  const rule = rules.find(
    ({ address, port, hostKey, certificate, environment }) =>
      (address === undefined || matchesAddress(address, facts.address)) &&
      (port === undefined || port === facts.port) &&
      (environment === undefined || environment === facts.environment) &&
      (hostKey === undefined || facts.hostKeys().includes(hostKey)) &&
      (certificate === undefined || certificate.toUpperCase() === facts.certificate()?.toUpperCase()),
  );
  return rule?.most ?? otherwise;
}

/** What all policies together allow at most. */
export const mostOf = (policies: readonly LoadedPolicy[], facts: Facts): Most =>
  lowest(policies.map(({ policy }) => judge(policy, facts)));
