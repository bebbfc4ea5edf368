import { z } from 'zod';
import type { Guest } from '../../../../../src-preload/contract/clusters';
import type { Field } from '../../../../../src-preload/contract/offers';
import { apiPath } from '../../../proxmox/client/path';
import { looseNumber, optionalText } from '../../../proxmox/loose';
import {
  haGroupOf,
  haGroupRowSchema,
  haResourceRowSchema,
  haRuleOf,
  haRuleRowSchema,
  haSystem,
} from '../../../proxmox/reads/high-availability';
import { changeCall } from '../../../proxmox/requests';
import type { ApiContext, ClusterWorld, OfferDraft } from '../../action';
import { choiceField, numberField, pickField, switchField, textField } from '../fields';
import { nodeNameSchema } from './guest-reads';
import { commentSchema } from './names';
import { bindChange, confirmed, info, notThere, warning } from './single-change';

/** F136 */
const sidSchema = z.string().regex(/^(?:vm|ct):[1-9]\d{2,8}$/, 'must be a resource as vm:100');
const countSchema = z.int().min(0).max(10);
/** F141 */
const stateSchema = z.enum(['started', 'stopped', 'disabled', 'ignored']);
const resourceShape = {
  sid: sidSchema,
  state: stateSchema,
  max_restart: countSchema,
  max_relocate: countSchema,
  comment: commentSchema.nullable(),
};
const resourceInput = z.strictObject(resourceShape);
type ResourceInput = z.infer<typeof resourceInput>;
const sidInput = z.strictObject({ sid: sidSchema });

interface FoundResources {
  resources: z.infer<typeof haResourceRowSchema>[];
  guests: { sid: string; name: string; running: boolean }[];
}

const guestRowsSchema = z.array(
  z.object({ type: z.string(), vmid: looseNumber, name: optionalText, status: optionalText }),
);

async function lookAtResources(context: ApiContext): Promise<FoundResources> {
  const [resources, guests] = await Promise.all([
    context.get(
      'list what high availability manages',
      apiPath('/cluster/ha/resources'),
      z.array(haResourceRowSchema),
    ),
    context.get('list the guests', apiPath('/cluster/resources'), guestRowsSchema, { type: 'vm' }),
  ]);
  return {
    resources,
    guests: guests.map(({ type, vmid, name, status }) => ({
      sid: `${type === 'qemu' ? 'vm' : 'ct'}:${vmid}`,
      name: name ?? '',
      running: status === 'running',
    })),
  };
}

const sidOf = ({ type, vmid }: Guest): string => `${type === 'qemu' ? 'vm' : 'ct'}:${vmid}`;
const nameOf = ({ guests }: FoundResources, sid: string): string =>
  `${sid} ${guests.find((guest) => guest.sid === sid)?.name ?? ''}`.trimEnd();

const stateField = (value?: string): Field =>
  choiceField(
    'state',
    'Wanted state',
    [
      { value: 'started', label: 'Started', hint: 'It is kept running, and moved when its node fails.' },
      { value: 'stopped', label: 'Stopped', hint: 'It is kept stopped, and moved when its node fails.' },
      { value: 'disabled', label: 'Disabled', hint: 'It is stopped and not moved. Clears an error.' },
      { value: 'ignored', label: 'Ignored', hint: 'Left alone, as if it was not managed.' },
    ],
    value === undefined ? {} : { value },
  );

function resourceFields(
  resource: { maxRestart: number; maxRelocate: number; comment: string } | null,
): Field[] {
  return [
    numberField('max_restart', 'Tries to start it on its node', resource?.maxRestart ?? 1, {
      min: 0,
      max: 10,
    }),
    numberField('max_relocate', 'Tries on other nodes', resource?.maxRelocate ?? 1, { min: 0, max: 10 }),
    textField('comment', 'Comment', resource?.comment ?? '', { required: false, maxLength: 512 }),
  ];
}

/** The manager brings the guest to that state by itself. */
function stateWords(state: z.infer<typeof stateSchema>, running: boolean) {
  if (state === 'started' && !running) return [warning('It does not run: the manager starts it.')];
  if ((state === 'stopped' || state === 'disabled') && running) {
    return [warning('It runs: the manager shuts it down.')];
  }
  return [];
}

const addInput = z.strictObject({ ...resourceShape });

const add = bindChange<ResourceInput, FoundResources>({
  id: 'pve.ha.add',
  title: 'Manage guest by high availability',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input: addInput,
  offer: (subject, world): OfferDraft | null => {
    if (subject.kind === 'guest') {
      const { guest } = subject;
      if (guest.template || world.inventory.nodes.length < 2) return null;
      return {
        label: 'Manage by high availability…',
        group: 'change',
        excuse: guest.haState === null ? null : 'It is managed already.',
        input: { sid: sidOf(guest) },
        fields: [stateField(guest.status === 'running' ? 'started' : 'stopped'), ...resourceFields(null)],
      };
    }
    if (subject.kind !== 'ha') return null;
    const free = world.inventory.guests
      .filter(({ template, haState, status }) => !template && haState === null && status !== 'unknown')
      .toSorted((a, b) => a.vmid - b.vmid);
    return {
      label: 'Manage a guest…',
      group: 'create',
      excuse: free.length === 0 ? 'All guests are managed already.' : null,
      input: {},
      fields: [
        choiceField(
          'sid',
          'Guest',
          free.slice(0, 1000).map((guest) => ({
            value: sidOf(guest),
            label: `${guest.vmid} ${guest.name ?? ''}`.trimEnd(),
            hint: guest.node,
          })),
        ),
        stateField(),
        ...resourceFields(null),
      ],
    };
  },
  look: lookAtResources,
  draft: (input, found) => ({
    target: { kind: 'guest', name: nameOf(found, input.sid) },
    title: `Let high availability manage ${input.sid}`,
    call: changeCall(
      'POST /cluster/ha/resources',
      {},
      {
        sid: input.sid,
        state: input.state,
        max_restart: input.max_restart,
        max_relocate: input.max_relocate,
        comment: input.comment ?? undefined,
      },
    ),
    explain:
      'From then on the cluster keeps the guest in that state, and starts it elsewhere when its node fails.',
    consequences: [
      ...stateWords(
        input.state,
        found.guests.some((guest) => guest.sid === input.sid && guest.running),
      ),
      warning(
        'A node that loses the cluster is then reset by its watchdog, so that its guests can be started elsewhere.',
      ),
      info('It can be started elsewhere only if all its disks are on shared storage or replicated.'),
    ],
    blockers: [
      ...(found.guests.some(({ sid }) => sid === input.sid)
        ? []
        : [{ text: `There is no guest ${input.sid}.`, remedy: 'Refresh the cluster.' }]),
      ...(found.resources.some(({ sid }) => sid === input.sid)
        ? [{ text: `${input.sid} is managed already.`, remedy: 'Change it instead.' }]
        : []),
    ],
    undo: 'Take it out of high availability.',
    restsOn: { managed: found.resources.some(({ sid }) => sid === input.sid) },
  }),
  judge: ({ sid }, found) =>
    found.resources.some((row) => row.sid === sid)
      ? confirmed(`${sid} is managed by high availability.`)
      : notThere(`${sid} is not managed.`),
});

const change = bindChange<ResourceInput, FoundResources>({
  id: 'pve.ha.change',
  title: 'Change managed guest',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input: resourceInput,
  offer: (subject) =>
    subject.kind === 'ha-resource'
      ? {
          label: 'Change…',
          group: 'change',
          excuse: null,
          input: { sid: subject.resource.sid },
          fields: [
            stateField(stateSchema.safeParse(subject.resource.state).data),
            ...resourceFields(subject.resource),
          ],
        }
      : null,
  look: lookAtResources,
  draft: (input, found) => {
    const row = found.resources.find(({ sid }) => sid === input.sid);
    return {
      target: { kind: 'guest', name: nameOf(found, input.sid) },
      title: `Change how high availability manages ${input.sid}`,
      call: changeCall(
        'PUT /cluster/ha/resources/{sid}',
        { sid: input.sid },
        {
          state: input.state,
          max_restart: input.max_restart,
          max_relocate: input.max_relocate,
          ...(input.comment === null
            ? row?.comment === null || row === undefined
              ? {}
              : { delete: 'comment' }
            : { comment: input.comment }),
        },
      ),
      explain: 'Writes what the manager is to do with the guest; it does so within seconds.',
      consequences: stateWords(
        input.state,
        found.guests.some((guest) => guest.sid === input.sid && guest.running),
      ),
      blockers:
        row === undefined
          ? [{ text: `${input.sid} is not managed (any more).`, remedy: 'Read the list again.' }]
          : [],
      undo:
        row === undefined
          ? null
          : `Before: ${row.state ?? 'started'}, ${row.max_restart ?? 1} restarts, ${row.max_relocate ?? 1} relocations.`,
      restsOn: { row: row === undefined ? null : { ...row, digest: null } },
    };
  },
  judge: (input, found) => {
    const row = found.resources.find(({ sid }) => sid === input.sid);
    return row !== undefined &&
      (row.state ?? 'started') === input.state &&
      (row.max_restart ?? 1) === input.max_restart &&
      (row.max_relocate ?? 1) === input.max_relocate
      ? confirmed(`${input.sid} is to be ${input.state}.`)
      : notThere(`${input.sid} is not set as it was wanted.`);
  },
});

const remove = bindChange<z.infer<typeof sidInput>, FoundResources>({
  id: 'pve.ha.remove',
  title: 'Take guest out of high availability',
  backend: null,
  minimumAccess: 'administer',
  risk: 'destructive',
  input: sidInput,
  offer: (subject) =>
    subject.kind === 'ha-resource'
      ? {
          label: 'Take out…',
          group: 'destroy',
          excuse: null,
          input: { sid: subject.resource.sid },
          fields: [],
        }
      : null,
  look: lookAtResources,
  draft: (input, found) => {
    const row = found.resources.find(({ sid }) => sid === input.sid);
    return {
      target: { kind: 'guest', name: nameOf(found, input.sid) },
      title: `Take ${input.sid} out of high availability`,
      call: changeCall('DELETE /cluster/ha/resources/{sid}', { sid: input.sid }),
      explain: 'The guest goes on as it is; nobody starts it elsewhere any more when its node fails.',
      consequences: [
        warning('When its node fails, it stays down until the node is back.'),
        info('Rules that name it lose it.'),
      ],
      blockers:
        row === undefined
          ? [{ text: `${input.sid} is not managed (any more).`, remedy: 'Read the list again.' }]
          : [],
      undo: 'Let it be managed again.',
      restsOn: { row: row === undefined ? null : { ...row, digest: null } },
    };
  },
  judge: ({ sid }, found) =>
    found.resources.some((row) => row.sid === sid)
      ? notThere(`${sid} is still managed.`)
      : confirmed(`${sid} is not managed any more.`),
});

// Groups until 8.x, rules since 9.0

/** F142, and the same for the names of rules. */
const ruleNameSchema = z
  .string()
  .regex(
    /^[a-zA-Z][a-zA-Z0-9_-]{1,62}$/,
    'must begin with a letter and have 2 to 63 letters, digits, - and _',
  );
const nodesSchema = z.array(nodeNameSchema).min(1).max(32);
/** F142: `pve1:2, pve2:1`; the highest number is chosen first. Left out: all are as good. */
const prioritiesSchema = z
  .string()
  .max(512)
  .regex(/^[A-Za-z0-9-]+:\d{1,3}(?:[,\s]+[A-Za-z0-9-]+:\d{1,3})*$/, 'must be priorities as pve1:2, pve2:1')
  .nullable()
  .default(null);
interface Preferred {
  nodes: readonly string[];
  priorities: string | null;
}
const priorityOf = ({ priorities }: Preferred): Map<string, string> =>
  new Map(
    (priorities ?? '').split(/[,\s]+/).flatMap((part): [string, string][] => {
      const [node = '', priority = ''] = part.split(':');
      return node === '' ? [] : [[node, priority]];
    }),
  );
const chosenNodesOnly = (preferred: Preferred): boolean =>
  [...priorityOf(preferred).keys()].every((node) => preferred.nodes.includes(node));
const notChosen = 'gives a priority to a node that is not chosen';
const nodesWithPriorities = (preferred: Preferred): string => {
  const priorities = priorityOf(preferred);
  return preferred.nodes
    .map((node) => (priorities.has(node) ? `${node}:${priorities.get(node) ?? ''}` : node))
    .join(',');
};
const prioritiesField = (): Field =>
  textField('priorities', 'Priorities of nodes', '', {
    required: false,
    maxLength: 512,
    placeholder: 'pve1:2, pve2:1',
    help: 'The node with the highest number is taken first. Left empty: all are as good.',
  });

const groupInput = z
  .strictObject({
    name: ruleNameSchema,
    nodes: nodesSchema,
    priorities: prioritiesSchema,
    restricted: z.boolean(),
    nofailback: z.boolean(),
    comment: commentSchema.nullable(),
  })
  .refine(chosenNodesOnly, notChosen);
const nodeRuleInput = z
  .strictObject({
    name: ruleNameSchema,
    resources: z.array(sidSchema).min(1).max(200),
    nodes: nodesSchema,
    priorities: prioritiesSchema,
    strict: z.boolean(),
    comment: commentSchema.nullable(),
  })
  .refine(chosenNodesOnly, notChosen);
const affinityInput = z.strictObject({
  name: ruleNameSchema,
  resources: z.array(sidSchema).min(2).max(200),
  affinity: z.enum(['positive', 'negative']),
  comment: commentSchema.nullable(),
});
const ruleRef = z.strictObject({ kind: z.enum(['group', 'rule']), name: ruleNameSchema });

interface FoundRules {
  names: string[];
  rules: ReturnType<typeof haRuleOf>[];
}
const versionSchema = z.object({ version: z.string() });

async function lookAtRules(context: ApiContext): Promise<FoundRules> {
  const { version } = await context.get('ask for the version', apiPath('/version'), versionSchema);
  const rules =
    haSystem(version) === 'rules'
      ? (await context.get('list the rules', apiPath('/cluster/ha/rules'), z.array(haRuleRowSchema))).map(
          haRuleOf,
        )
      : (await context.get('list the groups', apiPath('/cluster/ha/groups'), z.array(haGroupRowSchema))).map(
          haGroupOf,
        );
  return { names: rules.map(({ name }) => name).sort(), rules };
}

const nodePick = ({ inventory }: ClusterWorld): Field =>
  pickField(
    'nodes',
    'Nodes',
    inventory.nodes.map(({ name }) => ({
      value: name,
      label: name,
      hint: null,
      excuse: null,
      sizeBytes: null,
    })),
    { min: 1 },
  );

const managedPick = ({ inventory }: ClusterWorld, min: number): Field =>
  pickField(
    'resources',
    'Managed guests',
    inventory.guests
      .filter(({ haState }) => haState !== null)
      .toSorted((a, b) => a.vmid - b.vmid)
      .map((guest) => ({
        value: sidOf(guest),
        label: `${guest.vmid} ${guest.name ?? ''}`.trimEnd(),
        hint: guest.node,
        excuse: null,
        sizeBytes: null,
      })),
    { min },
  );

const nameField = (): Field =>
  textField('name', 'Name', '', { maxLength: 63, placeholder: 'database-apart' });
const commentField = (): Field => textField('comment', 'Comment', '', { required: false, maxLength: 512 });
const tooFew = ({ inventory }: ClusterWorld, least: number): string | null =>
  inventory.guests.filter(({ haState }) => haState !== null).length >= least
    ? null
    : `High availability manages fewer than ${least === 1 ? 'one guest' : 'two guests'} here.`;

function taken(name: string, found: FoundRules, kind: string) {
  return found.names.includes(name)
    ? [{ text: `There is a ${kind} ${name} already.`, remedy: 'Choose another name.' }]
    : [];
}
const isThere = (name: string, found: FoundRules, kind: string) =>
  found.names.includes(name)
    ? confirmed(`The ${kind} ${name} is there.`)
    : notThere(`There is no ${kind} ${name}.`);

const createGroup = bindChange<z.infer<typeof groupInput>, FoundRules>({
  id: 'pve.ha.group.create',
  title: 'Create group for high availability',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input: groupInput,
  offer: (subject, world) =>
    subject.kind === 'ha' && subject.system === 'groups'
      ? {
          label: 'Create group…',
          group: 'create',
          excuse: null,
          input: {},
          fields: [
            nameField(),
            nodePick(world),
            prioritiesField(),
            switchField(
              'restricted',
              'Nowhere but there',
              false,
              'Without it other nodes are used when none of these is left.',
            ),
            switchField('nofailback', 'Stay when a better node comes back', false),
            commentField(),
          ],
        }
      : null,
  look: lookAtRules,
  draft: (input, found) => ({
    target: { kind: 'group', name: input.name },
    title: `Create the group ${input.name}`,
    call: changeCall(
      'POST /cluster/ha/groups',
      {},
      {
        group: input.name,
        nodes: nodesWithPriorities(input),
        restricted: input.restricted,
        nofailback: input.nofailback,
        comment: input.comment ?? undefined,
      },
    ),
    explain: 'Names nodes that managed guests can be bound to. By itself it moves nothing.',
    blockers: taken(input.name, found, 'group'),
    undo: 'Delete the group.',
    restsOn: { names: found.names },
  }),
  judge: ({ name }, found) => isThere(name, found, 'group'),
});

const createNodeRule = bindChange<z.infer<typeof nodeRuleInput>, FoundRules>({
  id: 'pve.ha.rule.bind',
  title: 'Create rule: guests on nodes',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input: nodeRuleInput,
  offer: (subject, world) =>
    subject.kind === 'ha' && subject.system === 'rules'
      ? {
          label: 'Rule: guests on nodes…',
          group: 'create',
          excuse: tooFew(world, 1),
          input: {},
          fields: [
            nameField(),
            managedPick(world, 1),
            nodePick(world),
            prioritiesField(),
            switchField(
              'strict',
              'Nowhere but there',
              false,
              'Without it other nodes are used when none of these is left.',
            ),
            commentField(),
          ],
        }
      : null,
  look: lookAtRules,
  draft: (input, found) => ({
    target: { kind: 'rule', name: input.name },
    title: `Bind ${input.resources.join(', ')} to ${input.nodes.join(', ')}`,
    call: changeCall(
      'POST /cluster/ha/rules',
      {},
      {
        rule: input.name,
        type: 'node-affinity',
        resources: input.resources.join(','),
        nodes: nodesWithPriorities(input),
        strict: input.strict,
        comment: input.comment ?? undefined,
      },
    ),
    explain: 'The manager keeps these guests on these nodes.',
    consequences: [warning('Guests that are elsewhere are moved there at once.')],
    blockers: taken(input.name, found, 'rule'),
    undo: 'Delete the rule. Guests stay where they are then.',
    restsOn: { names: found.names },
  }),
  judge: ({ name }, found) => isThere(name, found, 'rule'),
});

const createAffinity = bindChange<z.infer<typeof affinityInput>, FoundRules>({
  id: 'pve.ha.rule.affinity',
  title: 'Create rule: guests together or apart',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input: affinityInput,
  offer: (subject, world) =>
    subject.kind === 'ha' && subject.system === 'rules'
      ? {
          label: 'Rule: together or apart…',
          group: 'create',
          excuse: tooFew(world, 2),
          input: {},
          fields: [
            nameField(),
            managedPick(world, 2),
            choiceField('affinity', 'They are kept', [
              { value: 'negative', label: 'Apart', hint: 'Each on a node of its own.' },
              { value: 'positive', label: 'Together', hint: 'All on one node.' },
            ]),
            commentField(),
          ],
        }
      : null,
  look: lookAtRules,
  draft: (input, found) => ({
    target: { kind: 'rule', name: input.name },
    title: `Keep ${input.resources.join(', ')} ${input.affinity === 'positive' ? 'together' : 'apart'}`,
    call: changeCall(
      'POST /cluster/ha/rules',
      {},
      {
        rule: input.name,
        type: 'resource-affinity',
        resources: input.resources.join(','),
        affinity: input.affinity,
        comment: input.comment ?? undefined,
      },
    ),
    explain: `The manager keeps these guests ${input.affinity === 'positive' ? 'on one node' : 'on different nodes'}.`,
    consequences: [warning('Guests that stand otherwise are moved at once.')],
    blockers: taken(input.name, found, 'rule'),
    undo: 'Delete the rule. Guests stay where they are then.',
    restsOn: { names: found.names },
  }),
  judge: ({ name }, found) => isThere(name, found, 'rule'),
});

const removeRule = bindChange<z.infer<typeof ruleRef>, FoundRules>({
  id: 'pve.ha.rule.delete',
  title: 'Delete rule or group of high availability',
  backend: null,
  minimumAccess: 'administer',
  risk: 'destructive',
  input: ruleRef,
  offer: (subject) =>
    subject.kind === 'ha-rule'
      ? {
          label: 'Delete…',
          group: 'destroy',
          excuse: null,
          input: { kind: subject.rule.kind === 'group' ? 'group' : 'rule', name: subject.rule.name },
          fields: [],
        }
      : null,
  look: lookAtRules,
  draft: ({ kind, name }, found) => {
    const rule = found.rules.find((each) => each.name === name);
    return {
      target: { kind, name },
      title: `Delete the ${kind} ${name}`,
      call:
        kind === 'group'
          ? changeCall('DELETE /cluster/ha/groups/{group}', { group: name })
          : changeCall('DELETE /cluster/ha/rules/{rule}', { rule: name }),
      explain: 'Guests stay where they are. When a node fails, they may go where they could not before.',
      consequences:
        rule === undefined || rule.resources === '' ? [] : [info(`It holds for ${rule.resources}.`)],
      blockers:
        rule === undefined
          ? [{ text: `There is no ${kind} ${name} (any more).`, remedy: 'Read the list again.' }]
          : [],
      undo: 'Create it again.',
      restsOn: { rule: rule ?? null },
    };
  },
  judge: ({ kind, name }, found) =>
    found.names.includes(name)
      ? notThere(`The ${kind} ${name} is still there.`)
      : confirmed(`The ${kind} ${name} is gone.`),
});

export const haActions = {
  'pve.ha.add': add,
  'pve.ha.change': change,
  'pve.ha.remove': remove,
  'pve.ha.group.create': createGroup,
  'pve.ha.rule.bind': createNodeRule,
  'pve.ha.rule.affinity': createAffinity,
  'pve.ha.rule.delete': removeRule,
} as const;
