import { died } from './errors';
import { list, numberOr, optionalNumber, optionalText, text, type Call, type Handlers } from './call';
import { digestOf, guestOf } from './guests';

type Rule = Record<string, string | number>;

export interface Firewall {
  rules: Rule[];
  options: Record<string, string | number>;
  aliases: Map<string, { cidr: string; comment?: string }>;
  sets: Map<string, { comment?: string; entries: { cidr: string; nomatch?: number; comment?: string }[] }>;
  groups: Map<string, { comment?: string; rules: Rule[] }>;
}

export function emptyFirewall(): Firewall {
  return { rules: [], options: {}, aliases: new Map(), sets: new Map(), groups: new Map() };
}

/** SHA-1 of an empty file: what the options of a firewall without any carry. */
const emptyDigest = 'da39a3ee5e6b4b0d3255bfef95601890afd80709';

const digestOfRules = (rules: readonly Rule[]) => digestOf(rules);
const ipVersionOf = (address: string) => (address.includes(':') ? 6 : 4);

function shownRule(rule: Rule, pos: number, digest: string) {
  const address = String(rule['source'] ?? rule['dest'] ?? '');
  return {
    ...rule,
    pos,
    digest,
    ...(/^[\d.:/a-f]+$/.test(address) && address !== '' ? { ipversion: ipVersionOf(address) } : {}),
  };
}

function checkDigest(call: Call, content: unknown): void {
  const digest = optionalText(call, 'digest');
  if (digest !== undefined && digest !== digestOf(content)) {
    throw died('detected modified configuration - file changed by other user? Try again.');
  }
}

const notOfRule = new Set(['node', 'vmid', 'group', 'pos', 'moveto', 'digest', 'delete']);

function ruleFrom(call: Call): Rule {
  const rule: Rule = {};
  for (const [key, value] of Object.entries(call.parameters)) {
    if (!notOfRule.has(key) && !Array.isArray(value)) rule[key] = value;
  }
  return rule;
}

function ruleAt(rules: readonly Rule[], position: number): Rule {
  const rule = rules[position];
  if (rule === undefined) throw died(`no rule at position ${position}`);
  return rule;
}

/** New rules always come first, whatever `pos` says. */
function addRule(call: Call, rules: Rule[]): null {
  checkDigest(call, rules);
  rules.unshift({ enable: 0, ...ruleFrom(call) });
  return null;
}

function changeRule(call: Call, rules: Rule[]): null {
  checkDigest(call, rules);
  const position = numberOr(call, 'pos', 0);
  const rule = ruleAt(rules, position);
  const moveTo = optionalNumber(call, 'moveto');
  if (moveTo !== undefined) {
    rules.splice(position, 1);
    rules.splice(moveTo > position ? moveTo - 1 : moveTo, 0, rule);
    return null;
  }
  Object.assign(rule, ruleFrom(call));
  for (const key of list(call, 'delete')) delete rule[key];
  return null;
}

function deleteRule(call: Call, rules: Rule[]): null {
  checkDigest(call, rules);
  const position = numberOr(call, 'pos', 0);
  ruleAt(rules, position);
  rules.splice(position, 1);
  return null;
}

function readRules(rules: readonly Rule[]) {
  const digest = digestOfRules(rules);
  return rules.map((rule, position) => shownRule(rule, position, digest));
}

/** A single rule has its position as text. */
function readRule(call: Call, rules: readonly Rule[]) {
  const position = numberOr(call, 'pos', 0);
  return { ...shownRule(ruleAt(rules, position), position, digestOfRules(rules)), pos: String(position) };
}

type Find = (call: Call) => Firewall;

function ruleHandlers(path: string, rulesOf: (call: Call) => Rule[]): Handlers {
  return {
    [`GET ${path}`]: (call) => readRules(rulesOf(call)),
    [`POST ${path}`]: (call) => addRule(call, rulesOf(call)),
    [`GET ${path}/{pos}`]: (call) => readRule(call, rulesOf(call)),
    [`PUT ${path}/{pos}`]: (call) => changeRule(call, rulesOf(call)),
    [`DELETE ${path}/{pos}`]: (call) => deleteRule(call, rulesOf(call)),
  };
}

function readOptions({ options }: Firewall) {
  return { ...options, digest: Object.keys(options).length === 0 ? emptyDigest : digestOf(options) };
}

function changeOptions(call: Call, { options }: Firewall): null {
  checkDigest(call, options);
  Object.assign(options, ruleFrom(call));
  for (const key of list(call, 'delete')) delete options[key];
  return null;
}

function optionHandlers(path: string, find: Find): Handlers {
  return {
    [`GET ${path}`]: (call) => readOptions(find(call)),
    [`PUT ${path}`]: (call) => changeOptions(call, find(call)),
  };
}

const ofCluster: Find = ({ cluster }) => cluster.firewall;
const ofGuest =
  (type: 'qemu' | 'lxc'): Find =>
  (call) =>
    guestOf(call, type).firewall;

function ofNode(call: Call): Firewall {
  const node = text(call, 'node');
  const firewall = call.cluster.nodeFirewalls.get(node) ?? emptyFirewall();
  call.cluster.nodeFirewalls.set(node, firewall);
  return firewall;
}

function aliasHandlers(path: string, find: Find): Handlers {
  const shown = (name: string, alias: { cidr: string; comment?: string }, digest: string) => ({
    name,
    ...alias,
    ipversion: ipVersionOf(alias.cidr),
    digest,
  });
  return {
    [`GET ${path}`]: (call) => {
      const { aliases } = find(call);
      const digest = digestOf([...aliases]);
      return [...aliases].map(([name, alias]) => shown(name, alias, digest));
    },
    [`POST ${path}`]: (call) => {
      const { aliases } = find(call);
      const name = text(call, 'name');
      if (aliases.has(name)) throw died(`alias '${name}' already exists`);
      aliases.set(name, { cidr: text(call, 'cidr'), comment: optionalText(call, 'comment') });
      return null;
    },
    [`GET ${path}/{name}`]: (call) => {
      const { aliases } = find(call);
      const name = text(call, 'name');
      const alias = aliases.get(name);
      if (alias === undefined) throw died(`no such alias '${name}'`);
      return shown(name, alias, digestOf([...aliases]));
    },
    [`DELETE ${path}/{name}`]: (call) => {
      find(call).aliases.delete(text(call, 'name'));
      return null;
    },
  };
}

function setHandlers(path: string, find: Find): Handlers {
  const entriesOf = (call: Call) => {
    const name = text(call, 'name');
    const set = find(call).sets.get(name);
    if (set === undefined) throw died(`no such IPSet '${name}'`);
    return set.entries;
  };
  return {
    [`GET ${path}`]: (call) => {
      const { sets } = find(call);
      const digest = digestOf([...sets]);
      return [...sets].map(([name, { comment }]) => ({
        name,
        ...(comment === undefined ? {} : { comment }),
        digest,
      }));
    },
    [`POST ${path}`]: (call) => {
      find(call).sets.set(text(call, 'name'), { comment: optionalText(call, 'comment'), entries: [] });
      return null;
    },
    [`DELETE ${path}/{name}`]: (call) => {
      const name = text(call, 'name');
      if (entriesOf(call).length > 0) throw died(`IPSet '${name}' is not empty`);
      find(call).sets.delete(name);
      return null;
    },
    [`GET ${path}/{name}`]: (call) => {
      const entries = entriesOf(call);
      return entries.map((entry) => ({ ...entry, digest: digestOf(entries) }));
    },
    [`POST ${path}/{name}`]: (call) => {
      entriesOf(call).unshift({ cidr: text(call, 'cidr'), comment: optionalText(call, 'comment') });
      return null;
    },
    [`DELETE ${path}/{name}/{cidr}`]: (call) => {
      const entries = entriesOf(call);
      const at = entries.findIndex(({ cidr }) => cidr === text(call, 'cidr'));
      if (at >= 0) entries.splice(at, 1);
      return null;
    },
  };
}

function groupRules(call: Call): Rule[] {
  const name = text(call, 'group');
  const group = call.cluster.firewall.groups.get(name);
  if (group === undefined) throw died(`security group '${name}' does not exist`);
  return group.rules;
}

const groupHandlers: Handlers = {
  'GET /cluster/firewall/groups': ({ cluster }) => {
    const digest = digestOf([...cluster.firewall.groups]);
    return [...cluster.firewall.groups].map(([group, { comment }]) => ({
      group,
      ...(comment === undefined ? {} : { comment }),
      digest,
    }));
  },
  'POST /cluster/firewall/groups': (call) => {
    const name = text(call, 'group');
    if (call.cluster.firewall.groups.has(name)) throw died(`Security group '${name}' already exists`);
    call.cluster.firewall.groups.set(name, { comment: optionalText(call, 'comment'), rules: [] });
    return null;
  },
  'DELETE /cluster/firewall/groups/{group}': (call) => {
    if (groupRules(call).length > 0) throw died(`Security group '${text(call, 'group')}' is not empty`);
    call.cluster.firewall.groups.delete(text(call, 'group'));
    return null;
  },
  ...ruleHandlers('/cluster/firewall/groups/{group}', groupRules),
};

const macros: readonly (readonly [string, string])[] = [
  ['DNS', 'Domain Name System traffic (upd and tcp)'],
  ['HTTP', 'Hypertext Transfer Protocol (WWW)'],
  ['HTTPS', 'Hypertext Transfer Protocol (WWW) over SSL'],
  ['Mail', 'Mail traffic (SMTP, SMTPS, Submission)'],
  ['NTP', 'Network Time Protocol (ntpd)'],
  ['Ping', 'ICMP echo request'],
  ['PostgreSQL', 'PostgreSQL server'],
  ['SMB', 'Microsoft SMB traffic'],
  ['SSH', 'Secure shell traffic'],
  ['Syslog', 'Syslog protocol (RFC 5424) traffic'],
  ['VNC', "VNC traffic for VNC display's 0 - 99"],
];

function refs(call: Call) {
  const { aliases, sets } = call.cluster.firewall;
  const wanted = optionalText(call, 'type');
  return [
    ...[...aliases.keys()].map((name) => ({ type: 'alias', name, ref: name, scope: 'dc' })),
    ...[...sets.keys()].map((name) => ({ type: 'ipset', name, ref: `+${name}`, scope: 'dc' })),
  ].filter(({ type }) => wanted === undefined || type === wanted);
}

export const firewallHandlers: Handlers = {
  ...ruleHandlers('/cluster/firewall/rules', (call) => call.cluster.firewall.rules),
  ...ruleHandlers('/nodes/{node}/firewall/rules', (call) => ofNode(call).rules),
  ...ruleHandlers('/nodes/{node}/qemu/{vmid}/firewall/rules', (call) => ofGuest('qemu')(call).rules),
  ...ruleHandlers('/nodes/{node}/lxc/{vmid}/firewall/rules', (call) => ofGuest('lxc')(call).rules),
  ...optionHandlers('/cluster/firewall/options', ofCluster),
  ...optionHandlers('/nodes/{node}/firewall/options', ofNode),
  ...optionHandlers('/nodes/{node}/qemu/{vmid}/firewall/options', ofGuest('qemu')),
  ...optionHandlers('/nodes/{node}/lxc/{vmid}/firewall/options', ofGuest('lxc')),
  ...aliasHandlers('/cluster/firewall/aliases', ofCluster),
  ...setHandlers('/cluster/firewall/ipset', ofCluster),
  ...groupHandlers,
  'GET /cluster/firewall/macros': () => macros.map(([macro, descr]) => ({ macro, descr })),
  'GET /cluster/firewall/refs': refs,
};
