import { z } from 'zod';
import { apiPath } from '../../../proxmox/client/path';
import { looseNumber, optionalText } from '../../../proxmox/loose';
import { isRunningService, serviceRowSchema } from '../../../proxmox/reads/node-detail';
import { changeCall } from '../../../proxmox/requests';
import type { ApiContext } from '../../action';
import { plural } from '../words';
import { nodeNameSchema } from './guest-reads';
import { bindChange, confirmed, info, loss, notThere, pendingStill, warning } from './single-change';

const nodeInput = z.strictObject({ node: nodeNameSchema });
type NodeInput = z.infer<typeof nodeInput>;

const guestRowsSchema = z.array(
  z.object({
    vmid: looseNumber,
    node: z.string(),
    name: optionalText,
    status: optionalText,
    hastate: optionalText,
  }),
);
const statusSchema = z.object({ uptime: looseNumber });
const clusterRowsSchema = z.array(
  z.object({
    type: z.string(),
    name: optionalText,
    online: looseNumber.optional(),
    quorate: looseNumber.optional(),
  }),
);

interface Found {
  /** null: it does not answer. */
  uptimeSeconds: number | null;
  online: boolean;
  running: { vmid: number; name: string; managed: boolean }[];
  nodes: number;
  nodesOnline: number;
}

async function look(context: ApiContext, { node }: NodeInput): Promise<Found> {
  const [guests, cluster] = await Promise.all([
    context.get('list the guests', apiPath('/cluster/resources'), guestRowsSchema, { type: 'vm' }),
    context.get('read the state of the cluster', apiPath('/cluster/status'), clusterRowsSchema),
  ]);
  const nodes = cluster.filter(({ type }) => type === 'node');
  const online = nodes.some(({ name, online: up }) => name === node && up === 1);
  const status = online
    ? await context.get('read the state of the node', apiPath('/nodes/{node}/status', { node }), statusSchema)
    : null;
  return {
    uptimeSeconds: status?.uptime ?? null,
    online,
    running: guests
      .filter((guest) => guest.node === node && guest.status === 'running')
      .map(({ vmid, name, hastate }) => ({ vmid, name: name ?? '', managed: hastate !== null }))
      .sort((a, b) => a.vmid - b.vmid),
    nodes: nodes.length,
    nodesOnline: nodes.filter(({ online: up }) => up === 1).length,
  };
}

function power(verb: 'reboot' | 'shutdown') {
  const word = verb === 'reboot' ? 'Reboot' : 'Shut down';
  return bindChange<NodeInput, Found>({
    id: `pve.node.${verb}`,
    title: `${word} node`,
    backend: null,
    minimumAccess: 'administer',
    risk: 'catastrophic',
    input: nodeInput,
    offer: (subject) =>
      subject.kind === 'node'
        ? {
            label: `${word}…`,
            group: verb === 'reboot' ? 'change' : 'destroy',
            excuse: subject.node.status === 'online' ? null : `Node ${subject.node.name} is not online.`,
            input: { node: subject.node.name },
            fields: [],
          }
        : null,
    look,
    draft: ({ node }, found) => {
      const managed = found.running.filter((guest) => guest.managed).length;
      const left = found.nodesOnline - 1;
      const losesQuorum = found.nodes > 1 && left * 2 <= found.nodes;
      return {
        target: { kind: 'node', name: node },
        title: `${word} ${node}`,
        call: changeCall('POST /nodes/{node}/status', { node }, { command: verb }),
        explain:
          verb === 'reboot'
            ? 'The node stops its guests, as their start and shutdown order says, and starts again.'
            : 'The node stops its guests, as their start and shutdown order says, and switches off.',
        consequences: [
          ...(found.running.length === 0
            ? [info('No guest runs there.')]
            : [
                loss(
                  `${plural(found.running.length, 'guest')} that ${found.running.length === 1 ? 'runs' : 'run'} there ${verb === 'reboot' ? 'stop until it is back' : 'stop'}:`,
                  found.running.map(({ vmid, name, managed: ha }) => ({
                    name: `${vmid} ${name}${ha ? ' (high availability)' : ''}`,
                    sizeBytes: null,
                  })),
                ),
              ]),
          ...(managed > 0
            ? [
                warning(
                  `What high availability manages (${managed}) goes to another node or waits, as the cluster's shutdown policy says.`,
                ),
              ]
            : []),
          ...(losesQuorum
            ? [
                loss(
                  `${left} of ${found.nodes} nodes would be left: the cluster loses its quorum. Nothing can be changed then, and high availability may cut the power of the others.`,
                ),
              ]
            : []),
          ...(verb === 'shutdown'
            ? [
                warning(
                  'Somebody has to switch it on again: Holdfast cannot, and most nodes have no wake on LAN.',
                ),
              ]
            : []),
        ],
        blockers: found.online
          ? []
          : [{ text: `Node ${node} is not online.`, remedy: 'Refresh the cluster.' }],
        undo: verb === 'reboot' ? null : 'Switch the node on again.',
        restsOn: {
          online: found.online,
          running: found.running.map(({ vmid }) => vmid),
          nodesOnline: found.nodesOnline,
        },
      };
    },
    // The call starts no task: init takes over, and the node goes away while it is asked.
    judge: ({ node }, found) => {
      if (!found.online) return confirmed(`Node ${node} is not online any more.`);
      if (found.uptimeSeconds !== null && found.uptimeSeconds < 600 && verb === 'reboot') {
        return confirmed(`Node ${node} started ${found.uptimeSeconds} s ago.`);
      }
      return pendingStill(`Node ${node} still answers: it stops its guests first.`);
    },
  });
}

// Services

const serviceInput = z.strictObject({
  node: nodeNameSchema,
  service: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}$/, 'must be the name of a service'),
});
type ServiceInput = z.infer<typeof serviceInput>;

interface FoundService {
  there: boolean;
  running: boolean;
  description: string;
}

async function lookAtService(context: ApiContext, { node, service }: ServiceInput): Promise<FoundService> {
  const rows = await context.get(
    `list the services of ${node}`,
    apiPath('/nodes/{node}/services', { node }),
    z.array(serviceRowSchema),
  );
  const row = rows.find((each) => each.service === service);
  return {
    there: row !== undefined,
    running: row !== undefined && isRunningService(row),
    description: row?.desc ?? '',
  };
}

/** What stops with a service beyond itself. Proxmox VE refuses to stop some of them. */
const costs: Readonly<Record<string, string>> = {
  pveproxy: 'Nobody can reach the web interface and the API of this node meanwhile, Holdfast included.',
  pvedaemon: 'Changes on this node fail meanwhile, Holdfast included.',
  'pve-cluster': 'The configuration in /etc/pve is away meanwhile, and nothing can be changed.',
  corosync: 'The node leaves the cluster meanwhile. With high availability its power may be cut.',
  'pve-ha-lrm': 'High availability does not watch the guests of this node meanwhile.',
  'pve-ha-crm': 'Another node becomes the master of high availability.',
  sshd: 'Nobody can log in, and migrations fail meanwhile.',
  ssh: 'Nobody can log in, and migrations fail meanwhile.',
  'pve-firewall': 'Rules that change are not applied meanwhile.',
  pvestatd: 'States and charts of this node stand still meanwhile.',
  pvescheduler: 'Backup and replication jobs do not start meanwhile.',
};

const serviceWords = {
  start: { label: 'Start', done: 'runs', explain: 'Asks systemd to start the service.' },
  stop: { label: 'Stop…', done: 'does not run', explain: 'Asks systemd to stop the service.' },
  restart: {
    label: 'Restart…',
    done: 'runs',
    explain: 'Asks systemd to stop the service and start it again.',
  },
} as const;

function service(verb: keyof typeof serviceWords) {
  const { label, explain } = serviceWords[verb];
  const word = verb === 'start' ? 'Start' : verb === 'stop' ? 'Stop' : 'Restart';
  return bindChange<ServiceInput, FoundService>({
    id: `pve.service.${verb}`,
    title: `${word} service of node`,
    backend: null,
    minimumAccess: 'administer',
    risk: verb === 'stop' ? 'destructive' : 'safe',
    input: serviceInput,
    offer: (subject) => {
      if (subject.kind !== 'service') return null;
      const running = subject.service.state === 'running';
      return {
        label,
        group: 'change',
        excuse:
          verb === 'start' && running
            ? 'It runs already.'
            : verb !== 'start' && !running
              ? 'It does not run.'
              : null,
        input: { node: subject.node, service: subject.service.name },
        fields: [],
      };
    },
    look: lookAtService,
    draft: ({ node, service: name }, found) => ({
      target: { kind: 'service', name: `${name} on ${node}` },
      title: `${word} ${name} on ${node}`,
      call: changeCall(`POST /nodes/{node}/services/{service}/${verb}`, { node, service: name }),
      explain,
      timeoutSeconds: 300,
      consequences: verb === 'start' || costs[name] === undefined ? [] : [warning(costs[name])],
      blockers: [
        ...(found.there
          ? []
          : [{ text: `There is no service ${name} on ${node}.`, remedy: 'Read the list again.' }]),
        ...(found.there && verb === 'start' && found.running
          ? [{ text: `${name} runs already.`, remedy: 'Restart it instead.' }]
          : []),
        ...(found.there && verb !== 'start' && !found.running
          ? [{ text: `${name} does not run.`, remedy: 'Start it instead.' }]
          : []),
      ],
      undo: verb === 'start' ? 'Stop it again.' : verb === 'stop' ? 'Start it again.' : null,
      restsOn: { there: found.there, running: found.running },
    }),
    judge: ({ service: name }, found) =>
      found.running === (verb !== 'stop')
        ? confirmed(`${name} ${serviceWords[verb].done}.`)
        : notThere(`${name} ${found.running ? 'still runs' : 'does not run'}.`),
  });
}

// Package lists

const refreshUpdates = bindChange<NodeInput, { known: true }>({
  id: 'pve.node.refreshUpdates',
  title: 'Look for updates on node',
  backend: null,
  minimumAccess: 'operate',
  risk: 'safe',
  input: nodeInput,
  offer: (subject) =>
    subject.kind === 'node'
      ? {
          label: 'Look for updates',
          group: 'change',
          excuse: subject.node.status === 'online' ? null : `Node ${subject.node.name} is not online.`,
          input: { node: subject.node.name },
          fields: [],
        }
      : null,
  look: async () => ({ known: true }),
  draft: ({ node }) => ({
    target: { kind: 'node', name: node },
    title: `Read the package lists of ${node} anew`,
    call: changeCall('POST /nodes/{node}/apt/update', { node }),
    explain: 'Runs apt-get update on the node. Nothing is installed.',
    timeoutSeconds: 900,
    undo: null,
    restsOn: {},
  }),
  judge: ({ node }) => ({ status: 'skipped', text: `The list of updates of ${node} is what it found.` }),
});

export const nodeActions = {
  'pve.node.reboot': power('reboot'),
  'pve.node.shutdown': power('shutdown'),
  'pve.node.refreshUpdates': refreshUpdates,
  'pve.service.start': service('start'),
  'pve.service.stop': service('stop'),
  'pve.service.restart': service('restart'),
} as const;
