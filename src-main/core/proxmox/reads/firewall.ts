import { z } from 'zod';
import type { Firewall, FirewallRule } from '../../../../src-preload/contract/datacenter';
import type { GuestType } from '../../../../src-preload/contract/clusters';
import type { ApiClient } from '../client/client';
import { apiPath, type ApiPath } from '../client/path';
import { looseNumber, optionalFlag, optionalText, settingsOf } from '../loose';

export const firewallRuleRowsSchema = z.array(
  z.object({
    pos: looseNumber,
    type: z.string(),
    action: z.string(),
    enable: optionalFlag,
    macro: optionalText,
    proto: optionalText,
    source: optionalText,
    sport: optionalText,
    dest: optionalText,
    dport: optionalText,
    iface: optionalText,
    log: optionalText,
    comment: optionalText,
    digest: optionalText,
  }),
);
export const firewallOptionsSchema = z.looseObject({
  enable: optionalFlag,
  policy_in: optionalText,
  policy_out: optionalText,
  digest: optionalText,
});

/** Whose firewall, with where its guest is. */
export type FirewallPlace =
  | { level: 'cluster' }
  | { level: 'node'; node: string }
  | { level: 'guest'; type: GuestType; node: string; vmid: number };

export function firewallPath(place: FirewallPlace, part: 'rules' | 'options'): ApiPath {
  switch (place.level) {
    case 'cluster':
      return part === 'rules' ? apiPath('/cluster/firewall/rules') : apiPath('/cluster/firewall/options');
    case 'node': {
      const { node } = place;
      return part === 'rules'
        ? apiPath('/nodes/{node}/firewall/rules', { node })
        : apiPath('/nodes/{node}/firewall/options', { node });
    }
    case 'guest': {
      const { type, node, vmid } = place;
      return part === 'rules'
        ? apiPath(`/nodes/{node}/${type}/{vmid}/firewall/rules`, { node, vmid })
        : apiPath(`/nodes/{node}/${type}/{vmid}/firewall/options`, { node, vmid });
    }
  }
}

export function firewallRulesOf(rows: z.infer<typeof firewallRuleRowsSchema>): FirewallRule[] {
  return rows
    .map((row) => ({
      pos: row.pos,
      enabled: row.enable ?? false,
      type: row.type,
      action: row.action,
      macro: row.macro ?? '',
      proto: row.proto ?? '',
      source: row.source ?? '',
      sport: row.sport ?? '',
      dest: row.dest ?? '',
      dport: row.dport ?? '',
      iface: row.iface ?? '',
      log: row.log ?? '',
      comment: (row.comment ?? '').trimEnd(),
    }))
    .sort((a, b) => a.pos - b.pos);
}

export async function readFirewall(
  client: ApiClient,
  place: FirewallPlace,
  signal: AbortSignal,
): Promise<Firewall> {
  const ask = { operation: 'read the firewall', signal };
  const [rules, options] = await Promise.all([
    client.get(firewallPath(place, 'rules'), firewallRuleRowsSchema, ask),
    client.get(firewallPath(place, 'options'), firewallOptionsSchema, ask),
  ]);
  return {
    rules: firewallRulesOf(rules),
    digest: rules[0]?.digest ?? null,
    enabled: options.enable,
    policyIn: options.policy_in,
    policyOut: options.policy_out,
    options: settingsOf(options, ['enable', 'policy_in', 'policy_out', 'digest']).map((setting) => {
      const [key = '', ...rest] = setting.split('=');
      return { key, value: rest.join('=') };
    }),
  };
}
