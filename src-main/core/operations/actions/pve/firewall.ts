import { z } from 'zod';
import { guestTypeSchema } from '../../../../../src-preload/contract/clusters';
import type { FirewallRule } from '../../../../../src-preload/contract/datacenter';
import type { Field } from '../../../../../src-preload/contract/offers';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import { apiPath } from '../../../proxmox/client/path';
import type { ApiParameters } from '../../../proxmox/client/parameters';
import {
  firewallOptionsSchema,
  firewallPath,
  firewallRuleRowsSchema,
  firewallRulesOf,
  type FirewallPlace,
} from '../../../proxmox/reads/firewall';
import { changeCall, type ApiCall } from '../../../proxmox/requests';
import type { ApiContext, ClusterSubject, OfferDraft } from '../../action';
import { choiceField, numberField, switchField, textField } from '../fields';
import { nodeNameSchema, vmidSchema } from './guest-reads';
import { commentSchema } from './names';
import { bindChange, confirmed, info, loss, notThere, warning } from './single-change';

const placeSchema = z.discriminatedUnion('level', [
  z.strictObject({ level: z.literal('cluster') }),
  z.strictObject({ level: z.literal('node'), node: nodeNameSchema }),
  z.strictObject({
    level: z.literal('guest'),
    type: guestTypeSchema,
    node: nodeNameSchema,
    vmid: vmidSchema,
  }),
]) satisfies z.ZodType<FirewallPlace>;

/** An input of one level: offers hold plain values only, so the place is one word. */
const placeText = z
  .string()
  .max(160)
  .transform((text, context) => {
    const [level, ...rest] = text.split('/');
    const raw =
      level === 'guest'
        ? { level, type: rest[0], node: rest[1], vmid: Number(rest[2]) }
        : level === 'node'
          ? { level, node: rest[0] }
          : { level };
    const parsed = placeSchema.safeParse(raw);
    if (parsed.success) return parsed.data;
    context.addIssue({ code: 'custom', message: 'must say whose firewall it is' });
    return z.NEVER;
  });

export function placeWord(place: FirewallPlace): string {
  switch (place.level) {
    case 'cluster':
      return 'cluster';
    case 'node':
      return `node/${place.node}`;
    case 'guest':
      return `guest/${place.type}/${place.node}/${place.vmid}`;
  }
}

export function placeName(place: FirewallPlace): string {
  switch (place.level) {
    case 'cluster':
      return 'firewall of the cluster';
    case 'node':
      return `firewall of node ${place.node}`;
    case 'guest':
      return `firewall of guest ${place.vmid}`;
  }
}

type Templates = 'rules' | 'rule' | 'options';

function callOf(
  method: 'POST' | 'PUT' | 'DELETE',
  part: Templates,
  place: FirewallPlace,
  pos: number | null,
  parameters: ApiParameters,
): ApiCall {
  const at: Record<string, number> = pos === null ? {} : { pos };
  switch (place.level) {
    case 'cluster':
      if (part === 'options') return changeCall('PUT /cluster/firewall/options', {}, parameters);
      if (method === 'POST') return changeCall('POST /cluster/firewall/rules', {}, parameters);
      return method === 'PUT'
        ? changeCall('PUT /cluster/firewall/rules/{pos}', at, parameters)
        : changeCall('DELETE /cluster/firewall/rules/{pos}', at, parameters);
    case 'node': {
      const { node } = place;
      if (part === 'options') return changeCall('PUT /nodes/{node}/firewall/options', { node }, parameters);
      if (method === 'POST') return changeCall('POST /nodes/{node}/firewall/rules', { node }, parameters);
      return method === 'PUT'
        ? changeCall('PUT /nodes/{node}/firewall/rules/{pos}', { node, ...at }, parameters)
        : changeCall('DELETE /nodes/{node}/firewall/rules/{pos}', { node, ...at }, parameters);
    }
    case 'guest': {
      const { type, node, vmid } = place;
      const values = { node, vmid, ...at };
      if (part === 'options') {
        return changeCall(`PUT /nodes/{node}/${type}/{vmid}/firewall/options`, values, parameters);
      }
      if (method === 'POST') {
        return changeCall(`POST /nodes/{node}/${type}/{vmid}/firewall/rules`, values, parameters);
      }
      return method === 'PUT'
        ? changeCall(`PUT /nodes/{node}/${type}/{vmid}/firewall/rules/{pos}`, values, parameters)
        : changeCall(`DELETE /nodes/{node}/${type}/{vmid}/firewall/rules/{pos}`, values, parameters);
    }
  }
}

interface Found {
  rules: FirewallRule[];
  digest: string | null;
  enabled: boolean | null;
  policyIn: string | null;
  policyOut: string | null;
  optionsDigest: string | null;
}

async function look(context: ApiContext, { place }: { place: FirewallPlace }): Promise<Found> {
  const [rows, options] = await Promise.all([
    context.get('read the rules of the firewall', firewallPath(place, 'rules'), firewallRuleRowsSchema),
    context.get('read the options of the firewall', firewallPath(place, 'options'), firewallOptionsSchema),
  ]);
  return {
    rules: firewallRulesOf(rows),
    digest: rows[0]?.digest ?? null,
    enabled: options.enable,
    policyIn: options.policy_in,
    policyOut: options.policy_out,
    optionsDigest: options.digest,
  };
}

/** One rule in one line, as a person would say it. */
export function ruleLine(rule: Omit<FirewallRule, 'pos'>): string {
  const parts = [
    rule.enabled ? '' : '(off)',
    rule.type,
    rule.action,
    rule.macro,
    rule.proto,
    rule.source === '' ? '' : `from ${rule.source}`,
    rule.sport === '' ? '' : `port ${rule.sport}`,
    rule.dest === '' ? '' : `to ${rule.dest}`,
    rule.dport === '' ? '' : `port ${rule.dport}`,
    rule.iface === '' ? '' : `on ${rule.iface}`,
    rule.comment === '' ? '' : `# ${rule.comment}`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

/** F153 */
const addressSchema = z
  .string()
  .max(512)
  .regex(
    /^(?:\+?[A-Za-z][\w./-]*|[0-9a-fA-F:.]+(?:\/\d{1,3}|-[0-9a-fA-F:.]+)?(?:,[0-9a-fA-F:.]+(?:\/\d{1,3}|-[0-9a-fA-F:.]+)?)*)$/,
    'must be addresses, networks or ranges with commas between them, or one alias or +set',
  )
  .nullable();
const portSchema = z
  .string()
  .max(256)
  .regex(/^[A-Za-z0-9][A-Za-z0-9,:_-]*$/, 'must be ports, as 22, 80,443 or 8000:8010')
  .nullable();
const ruleShape = {
  place: placeText,
  type: z.enum(['in', 'out', 'group']),
  action: z.enum(['ACCEPT', 'DROP', 'REJECT']),
  enable: z.boolean(),
  macro: z
    .string()
    .max(128)
    .regex(/^[A-Za-z0-9_-]+$/, 'must be the name of a macro')
    .nullable(),
  proto: z
    .string()
    .max(20)
    .regex(/^[A-Za-z0-9-]+$/, 'must be a protocol')
    .nullable(),
  source: addressSchema,
  sport: portSchema,
  dest: addressSchema,
  dport: portSchema,
  comment: commentSchema.nullable(),
  /** Of type `group`: the security group whose rules stand here. */
  group: z
    .string()
    .max(18)
    .regex(/^[A-Za-z][A-Za-z0-9_-]+$/, 'must be the name of a security group')
    .nullable()
    .default(null),
};
const createInput = z
  .strictObject(ruleShape)
  .refine(
    ({ proto, sport, dport }) => proto !== null || (sport === null && dport === null),
    'names ports without a protocol',
  )
  .refine(({ macro, proto }) => macro === null || proto === null, 'has both a macro and a protocol')
  .refine(({ type, group }) => (type === 'group') === (group !== null), 'names a group and is no group rule')
  .refine(
    ({ type, macro, proto, source, dest }) =>
      type !== 'group' || (macro === null && proto === null && source === null && dest === null),
    'is a group rule and says more: the group says what it lets through',
  );
type CreateInput = z.infer<typeof createInput>;
const ruleRef = z.strictObject({ place: placeText, pos: z.int().min(0).max(9999) });
const toggleInput = z.strictObject({ place: placeText, pos: z.int().min(0).max(9999), enable: z.boolean() });
const moveInput = z.strictObject({
  place: placeText,
  pos: z.int().min(0).max(9999),
  to: z.int().min(1).max(10_000),
});
const optionsInput = z.strictObject({
  place: placeText,
  enable: z.boolean(),
  policy_in: z.enum(['ACCEPT', 'REJECT', 'DROP']),
  policy_out: z.enum(['ACCEPT', 'REJECT', 'DROP']),
});

function ruleFields(): Field[] {
  return [
    choiceField('type', 'Direction', [
      { value: 'in', label: 'In' },
      { value: 'out', label: 'Out' },
      { value: 'group', label: 'Security group', hint: 'The rules of that group stand here.' },
    ]),
    textField('group', 'Security group', '', {
      required: false,
      maxLength: 18,
      placeholder: 'webserver',
      help: 'Only for a security group; then everything but the comment stays empty.',
    }),
    choiceField('action', 'What happens', [
      { value: 'ACCEPT', label: 'Accept' },
      { value: 'DROP', label: 'Drop', hint: 'Without an answer.' },
      { value: 'REJECT', label: 'Reject', hint: 'With an answer.' },
    ]),
    textField('macro', 'Macro', '', {
      required: false,
      maxLength: 128,
      placeholder: 'SSH',
      help: 'A service by name; then protocol and ports stay empty.',
    }),
    textField('proto', 'Protocol', '', { required: false, maxLength: 20, placeholder: 'tcp' }),
    textField('source', 'From', '', {
      required: false,
      maxLength: 512,
      placeholder: '192.0.2.0/24 or +admins',
    }),
    textField('sport', 'From port', '', { required: false, maxLength: 256 }),
    textField('dest', 'To', '', { required: false, maxLength: 512 }),
    textField('dport', 'To port', '', { required: false, maxLength: 256, placeholder: '22 or 80,443' }),
    textField('comment', 'Comment', '', { required: false, maxLength: 512 }),
    switchField('enable', 'Switched on', true),
  ];
}

const restsOnRules = ({ digest, rules }: Found) => ({ digest, count: rules.length });

/** Rules count only where the firewall is on, and that of a guest or node only when that of the cluster is. */
function effect(found: Found, place: FirewallPlace) {
  if (found.enabled === false || (found.enabled === null && place.level !== 'node')) {
    return [info('This firewall is switched off: the rule has no effect until it is on.')];
  }
  return place.level === 'cluster'
    ? [warning('It takes effect on all nodes within seconds. A rule that drops too much can lock you out.')]
    : [warning('It takes effect within seconds.')];
}

const missing = (pos: number): Blocker[] => [
  { text: `There is no rule ${pos + 1} (any more).`, remedy: 'Read the list again.' },
];

function placeOfSubject(subject: ClusterSubject): FirewallPlace | null {
  return subject.kind === 'firewall' || subject.kind === 'firewall-rule' ? subject.place : null;
}

/** A group stands where other rules say what happens. */
const actionOf = ({ group, action }: CreateInput): string => group ?? action;

/** What identifies a rule that was just made among those that were there. */
function sameRule(rule: FirewallRule, input: CreateInput): boolean {
  return (
    rule.type === input.type &&
    rule.action === actionOf(input) &&
    rule.enabled === input.enable &&
    rule.macro === (input.macro ?? '') &&
    rule.proto === (input.proto ?? '') &&
    rule.source === (input.source ?? '') &&
    rule.dest === (input.dest ?? '') &&
    rule.dport === (input.dport ?? '') &&
    rule.sport === (input.sport ?? '')
  );
}

const groupRowsSchema = z.array(z.object({ group: z.string() }));

const create = bindChange<CreateInput, Found & { groups: string[] }>({
  id: 'pve.firewall.rule.create',
  title: 'Create firewall rule',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input: createInput,
  offer: (subject): OfferDraft | null =>
    subject.kind === 'firewall'
      ? {
          label: 'Create rule…',
          group: 'create',
          excuse: null,
          input: { place: placeWord(subject.place) },
          fields: ruleFields(),
        }
      : null,
  look: async (context, input) => ({
    ...(await look(context, input)),
    groups:
      input.group === null
        ? []
        : (
            await context.get(
              'list the security groups',
              apiPath('/cluster/firewall/groups'),
              groupRowsSchema,
            )
          ).map(({ group }) => group),
  }),
  draft: (input, found) => ({
    target: { kind: 'firewall', name: placeName(input.place) },
    title: `Create a rule in the ${placeName(input.place)}`,
    call: callOf('POST', 'rules', input.place, null, {
      type: input.type,
      action: actionOf(input),
      enable: input.enable ? 1 : 0,
      macro: input.macro ?? undefined,
      proto: input.proto ?? undefined,
      source: input.source ?? undefined,
      sport: input.sport ?? undefined,
      dest: input.dest ?? undefined,
      dport: input.dport ?? undefined,
      comment: input.comment ?? undefined,
      digest: found.digest ?? undefined,
    }),
    explain: 'Proxmox VE puts a new rule before all others, so it decides first.',
    consequences: [
      info(
        `The first rule will be: ${ruleLine({ enabled: input.enable, type: input.type, action: actionOf(input), macro: input.macro ?? '', proto: input.proto ?? '', source: input.source ?? '', sport: input.sport ?? '', dest: input.dest ?? '', dport: input.dport ?? '', iface: '', log: '', comment: input.comment ?? '' })}`,
      ),
      ...effect(found, input.place),
    ],
    blockers:
      input.group === null || found.groups.includes(input.group)
        ? []
        : [
            {
              text: `There is no security group ${input.group} in the cluster.`,
              remedy: `Choose one that is there${found.groups.length === 0 ? '' : `: ${found.groups.join(', ')}`}, or create it in Proxmox VE.`,
            },
          ],
    undo: 'Delete the rule.',
    restsOn: restsOnRules(found),
  }),
  judge: (input, found) => {
    const [first] = found.rules;
    return first !== undefined && sameRule(first, input)
      ? confirmed('The rule is the first one now.')
      : notThere('The first rule is not the one that was wanted.');
  },
});

const remove = bindChange<z.infer<typeof ruleRef>, Found>({
  id: 'pve.firewall.rule.delete',
  title: 'Delete firewall rule',
  backend: null,
  minimumAccess: 'administer',
  risk: 'destructive',
  input: ruleRef,
  offer: (subject) =>
    subject.kind === 'firewall-rule'
      ? {
          label: 'Delete…',
          group: 'destroy',
          excuse: null,
          input: { place: placeWord(subject.place), pos: subject.rule.pos },
          fields: [],
        }
      : null,
  look,
  draft: ({ place, pos }, found) => {
    const rule = found.rules[pos];
    return {
      target: { kind: placeName(place), name: `rule ${pos + 1}` },
      title: `Delete rule ${pos + 1} of the ${placeName(place)}`,
      call: callOf('DELETE', 'rule', place, pos, { digest: found.digest ?? undefined }),
      explain: 'The digest makes the call fail when somebody else changed the rules meanwhile.',
      consequences:
        rule === undefined ? [] : [loss(`The rule is lost: ${ruleLine(rule)}`), ...effect(found, place)],
      blockers: rule === undefined ? missing(pos) : [],
      undo: rule === undefined ? null : `Create it again: ${ruleLine(rule)}`,
      restsOn: restsOnRules(found),
    };
  },
  judge: (_input, found, before) =>
    found.rules.length === Number(before['count']) - 1
      ? confirmed('The rule is gone.')
      : notThere('There are as many rules as before.'),
});

const toggle = bindChange<z.infer<typeof toggleInput>, Found>({
  id: 'pve.firewall.rule.toggle',
  title: 'Switch firewall rule',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input: toggleInput,
  offer: (subject) =>
    subject.kind === 'firewall-rule'
      ? {
          label: subject.rule.enabled ? 'Switch off…' : 'Switch on…',
          group: 'change',
          excuse: null,
          input: {
            place: placeWord(subject.place),
            pos: subject.rule.pos,
            enable: !subject.rule.enabled,
          },
          fields: [],
        }
      : null,
  look,
  draft: ({ place, pos, enable }, found) => {
    const rule = found.rules[pos];
    return {
      target: { kind: placeName(place), name: `rule ${pos + 1}` },
      title: `Switch rule ${pos + 1} of the ${placeName(place)} ${enable ? 'on' : 'off'}`,
      call: callOf('PUT', 'rule', place, pos, { enable: enable ? 1 : 0, digest: found.digest ?? undefined }),
      explain: 'The digest makes the call fail when somebody else changed the rules meanwhile.',
      consequences: rule === undefined ? [] : [info(ruleLine(rule)), ...effect(found, place)],
      blockers: [
        ...(rule === undefined ? missing(pos) : []),
        ...(rule?.enabled === enable
          ? [{ text: `It is ${enable ? 'on' : 'off'} already.`, remedy: 'Read the list again.' }]
          : []),
      ],
      undo: `Switch it ${enable ? 'off' : 'on'} again.`,
      restsOn: restsOnRules(found),
    };
  },
  judge: ({ pos, enable }, found) =>
    found.rules[pos]?.enabled === enable
      ? confirmed(`The rule is ${enable ? 'on' : 'off'}.`)
      : notThere('The rule is as before.'),
});

const move = bindChange<z.infer<typeof moveInput>, Found>({
  id: 'pve.firewall.rule.move',
  title: 'Move firewall rule',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input: moveInput,
  offer: (subject) =>
    subject.kind === 'firewall-rule'
      ? {
          label: 'Move…',
          group: 'change',
          excuse: subject.count < 2 ? 'It is the only rule.' : null,
          input: { place: placeWord(subject.place), pos: subject.rule.pos },
          fields: [
            numberField('to', 'To place', 1, {
              min: 1,
              max: Math.max(1, subject.count),
              help: 'The first rule that fits decides.',
            }),
          ],
        }
      : null,
  look,
  draft: ({ place, pos, to }, found) => {
    const rule = found.rules[pos];
    // `moveto` names the rule before which it is put, counted with the rule itself still in its place.
    const moveto = to - 1 > pos ? to : to - 1;
    return {
      target: { kind: placeName(place), name: `rule ${pos + 1}` },
      title: `Move rule ${pos + 1} of the ${placeName(place)} to place ${to}`,
      call: callOf('PUT', 'rule', place, pos, { moveto, digest: found.digest ?? undefined }),
      explain: 'The digest makes the call fail when somebody else changed the rules meanwhile.',
      consequences: rule === undefined ? [] : [info(ruleLine(rule)), ...effect(found, place)],
      blockers: [
        ...(rule === undefined ? missing(pos) : []),
        ...(to - 1 === pos
          ? [{ text: `It is at place ${to} already.`, remedy: 'Choose another place.' }]
          : []),
        ...(to > found.rules.length
          ? [{ text: `There are only ${found.rules.length} rules.`, remedy: 'Choose a lower place.' }]
          : []),
      ],
      undo: `Move it back to place ${pos + 1}.`,
      restsOn: { ...restsOnRules(found), line: rule === undefined ? null : ruleLine(rule) },
    };
  },
  judge: ({ to }, found, before) => {
    const rule = found.rules[to - 1];
    return rule !== undefined && ruleLine(rule) === before['line']
      ? confirmed(`The rule is at place ${to}.`)
      : notThere(`Another rule is at place ${to}.`);
  },
});

const policyField = (name: string, label: string, value: string): Field =>
  choiceField(
    name,
    label,
    [
      { value: 'ACCEPT', label: 'Accept' },
      { value: 'DROP', label: 'Drop' },
      { value: 'REJECT', label: 'Reject' },
    ],
    { value },
  );

const options = bindChange<z.infer<typeof optionsInput>, Found>({
  id: 'pve.firewall.options',
  title: 'Change firewall',
  backend: null,
  minimumAccess: 'administer',
  risk: 'destructive',
  input: optionsInput,
  offer: (subject) => {
    const place = placeOfSubject(subject);
    // A node has no policies of its own; its switch stands in Proxmox VE.
    if (place === null || subject.kind !== 'firewall' || place.level === 'node') return null;
    return {
      label: 'Switch and policies…',
      group: 'change',
      excuse: null,
      input: { place: placeWord(place) },
      fields: [
        switchField('enable', 'Firewall on', subject.options?.enabled ?? false),
        policyField('policy_in', 'What no rule says, inwards', subject.options?.policyIn ?? 'DROP'),
        policyField('policy_out', 'What no rule says, outwards', subject.options?.policyOut ?? 'ACCEPT'),
      ],
    };
  },
  look,
  draft: (input, found) => {
    const { place, enable, policy_in: inwards, policy_out: outwards } = input;
    const wasOn = found.enabled ?? false;
    const same =
      wasOn === enable &&
      (found.policyIn ?? 'DROP') === inwards &&
      (found.policyOut ?? 'ACCEPT') === outwards;
    const accepts = found.rules.filter(
      ({ enabled, type, action }) => enabled && type === 'in' && action === 'ACCEPT',
    );
    return {
      target: { kind: 'firewall', name: placeName(place) },
      title: `Change the ${placeName(place)}`,
      call: callOf('PUT', 'options', place, null, {
        enable: enable ? 1 : 0,
        policy_in: inwards,
        policy_out: outwards,
        digest: found.optionsDigest ?? undefined,
      }),
      explain: 'Writes the switch and what happens to what no rule speaks of.',
      consequences: [
        ...(enable && inwards !== 'ACCEPT'
          ? [
              warning(
                accepts.length === 0
                  ? `Nothing comes in any more: no rule accepts anything${place.level === 'cluster' ? ', but for the web interface and SSH from the management network' : ''}.`
                  : `Only this comes in:`,
                accepts.map((rule) => ({ name: ruleLine(rule), sizeBytes: null })),
              ),
            ]
          : []),
        ...(wasOn && !enable ? [warning('Everything comes in from then on.')] : []),
        ...(place.level === 'cluster' && enable && !wasOn
          ? [
              loss(
                'It takes effect on all nodes within seconds: who is outside the management network is locked out, Holdfast too.',
              ),
            ]
          : []),
      ],
      blockers: same
        ? [{ text: 'Nothing is different from what is there.', remedy: 'Change something in the form.' }]
        : [],
      undo: `Before: ${wasOn ? 'on' : 'off'}, in ${found.policyIn ?? 'DROP'}, out ${found.policyOut ?? 'ACCEPT'}.`,
      restsOn: {
        enabled: found.enabled,
        policyIn: found.policyIn,
        policyOut: found.policyOut,
        digest: found.optionsDigest,
        accepts: accepts.map(ruleLine),
      },
    };
  },
  judge: (input, found) =>
    (found.enabled ?? false) === input.enable &&
    found.policyIn === input.policy_in &&
    found.policyOut === input.policy_out
      ? confirmed(`The ${placeName(input.place)} is as it was wanted.`)
      : notThere(`The ${placeName(input.place)} is not as it was wanted.`),
});

export const firewallActions = {
  'pve.firewall.rule.create': create,
  'pve.firewall.rule.delete': remove,
  'pve.firewall.rule.toggle': toggle,
  'pve.firewall.rule.move': move,
  'pve.firewall.options': options,
} as const;
