import { Badge, Button, Code, Drawer, Group, Select, Stack, Switch, Tabs, Text, Title } from '@mantine/core';
import { IconUpload } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import type { Cluster, ClusterNode } from '../../../src-preload/contract/clusters';
import type { WireError } from '../../../src-preload/contract/result';
import { useNow } from '../../components/Age';
import { Fingerprint } from '../../components/Fingerprint';
import { ErrorNotice } from '../../components/ErrorNotice';
import { CapacityBar, FillBar } from '../../components/CapacityBar';
import { Facts, Section } from '../../components/DetailParts';
import { EnvironmentBadge } from '../../components/EnvironmentBadge';
import { HealthMark } from '../../components/HealthMark';
import { OfferMenu } from '../../components/OfferMenu';
import { PlainTable } from '../../components/PlainTable';
import { ReadBar, ReadView } from '../../components/ReadView';
import { useRead } from '../../components/use-read';
import { formatBytes, formatPercent, plural } from '../../format/bytes-format';
import { guestStatusWords, guestTypeWords, partPercent, uptimeWords } from '../../format/guest-format';
import { formatDay } from '../../format/time-format';
import { closePanel, openGuest, useCluster, useClustersStore, useTakenAt } from '../../stores/clusters-store';
import { call } from '../../api';
import { startOffer } from '../../stores/offers-store';
import { AskedHistory } from '../history/AskedHistory';
import { Charts } from './Charts';
import { TaskTable } from './ClusterTasks';
import { noNodeTasksWords } from './login-words';
import { FirewallView } from './FirewallView';
import { NodeSensors } from './NodeSensors';

/** One node of a cluster: what it is, what runs on it, and what an admin looks at before and after a change. */
export function NodeDrawer() {
  const panel = useClustersStore((state) => state.panel);
  const open = panel?.kind === 'node' ? panel : null;
  const cluster = useCluster(open?.clusterId)?.cluster;
  const node = useClustersStore((state) =>
    open === null
      ? undefined
      : state.inventories[open.clusterId]?.nodes.find(({ name }) => name === open.node),
  );
  const shown = cluster !== undefined && node !== undefined;
  return (
    <Drawer
      opened={shown}
      onClose={closePanel}
      position="right"
      size={870}
      title={shown ? <NodeTitle cluster={cluster} node={node} /> : ''}
    >
      {shown && <NodeDetail key={`${cluster.id}/${node.name}`} cluster={cluster} node={node} />}
    </Drawer>
  );
}

function NodeTitle({ cluster, node }: { cluster: Cluster; node: ClusterNode }) {
  return (
    <Group gap="sm" wrap="nowrap">
      <Text fw={600} className="truncate" maw={280} title={node.name}>
        {node.name}
      </Text>
      <HealthMark
        health={node.status === 'online' ? 'ok' : node.status === 'offline' ? 'critical' : 'unknown'}
      />
      <Text size="sm" c="dimmed" className="truncate">
        node of {cluster.name}
      </Text>
      <EnvironmentBadge environment={cluster.environment} />
      <OfferMenu
        hostId={cluster.id}
        subject={{ kind: 'node', node: node.name }}
        label={`Actions for ${node.name}`}
        size="md"
      />
    </Group>
  );
}

const places = [
  ['overview', 'Overview'],
  ['guests', 'Guests'],
  ['charts', 'Charts'],
  ['services', 'Services'],
  ['disks', 'Disks'],
  ['sensors', 'Sensors'],
  ['network', 'Network'],
  ['firewall', 'Firewall'],
  ['updates', 'Updates'],
  ['certificates', 'Certificates'],
  ['tasks', 'Tasks'],
  ['log', 'Log'],
] as const;

function NodeDetail({ cluster, node }: { cluster: Cluster; node: ClusterNode }) {
  const of = { clusterId: cluster.id, node: node.name };
  const away = node.status !== 'online';
  const live = (content: ReactNode): ReactNode =>
    away ? (
      <Text size="sm" c="dimmed">
        Node {node.name} is not online, so it cannot be asked.
      </Text>
    ) : (
      content
    );
  const content: Record<(typeof places)[number][0], ReactNode> = {
    overview: <Overview of={of} node={node} live={live} />,
    guests: <Guests of={of} />,
    charts: live(<Charts clusterId={cluster.id} subject={{ kind: 'node', node: node.name }} />),
    services: live(<Services of={of} />),
    disks: live(<Disks of={of} />),
    // Read over SSH, from a host that may answer while the node is away from its cluster.
    sensors: <NodeSensors of={of} />,
    network: live(<Network of={of} />),
    firewall: live(<FirewallView clusterId={cluster.id} scope={{ level: 'node', node: node.name }} />),
    updates: live(<Updates of={of} />),
    certificates: live(<Certificates of={of} />),
    tasks: live(<Tasks of={of} cluster={cluster} />),
    log: live(<Log of={of} />),
  };
  return (
    <Tabs defaultValue="overview" keepMounted={false}>
      <Tabs.List>
        {places.map(([value, label]) => (
          <Tabs.Tab key={value} value={value} px={10}>
            {label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {places.map(([value]) => (
        <Tabs.Panel key={value} value={value} pt="md">
          {content[value]}
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}

interface Of {
  clusterId: string;
  node: string;
}

/** A clock that is further off than this breaks clusters and certificates, in seconds. */
const skewToTell = 5;

function Overview({
  of,
  node,
  live,
}: {
  of: Of;
  node: ClusterNode;
  live: (content: ReactNode) => ReactNode;
}) {
  const { cpu, cpuCount, memoryBytes, memoryTotalBytes, diskBytes, diskTotalBytes } = node;
  return (
    <Stack gap="md">
      {cpu !== null && (
        <div>
          <Group justify="space-between">
            <Text size="xs" c="dimmed">
              CPU{cpuCount === null ? '' : `, ${cpuCount} threads`}
            </Text>
            <Text size="xs" fw={600} className="numeric">
              {formatPercent(partPercent(cpu))}
            </Text>
          </Group>
          <FillBar percent={partPercent(cpu)} label="CPU" />
        </div>
      )}
      {memoryBytes !== null && memoryTotalBytes !== null && (
        <div>
          <Text size="xs" c="dimmed">
            Memory
          </Text>
          <CapacityBar usedBytes={memoryBytes} sizeBytes={memoryTotalBytes} label="Memory used" />
        </div>
      )}
      {diskBytes !== null && diskTotalBytes !== null && (
        <div>
          <Text size="xs" c="dimmed">
            Root file system
          </Text>
          <CapacityBar usedBytes={diskBytes} sizeBytes={diskTotalBytes} label="Root file system used" />
        </div>
      )}
      {live(<Status of={of} />)}
      <AskedHistory hostId={of.clusterId} name={node.name} stateful={{ kind: 'node', id: node.name }} />
    </Stack>
  );
}

function Status({ of }: { of: Of }) {
  const takenAt = useTakenAt(of.clusterId);
  const { read } = useRead('nodes:status', of, takenAt);
  return (
    <ReadView read={read} label="Reading the state of the node">
      {(status) => {
        const { clockSkewSeconds: skew, subscription } = status;
        return (
          <>
            {skew !== null && Math.abs(skew) >= skewToTell && (
              <Text size="sm" c="var(--hf-warning)" mb="xs">
                Its clock is {Math.abs(skew)} s {skew > 0 ? 'ahead of' : 'behind'} this laptop’s. Check the
                time service of both.
              </Text>
            )}
            <Facts
              facts={[
                ['Version', status.version],
                ['Kernel', status.kernel],
                ['Up', uptimeWords(status.uptimeSeconds)],
                ['Load', status.load.length === 0 ? 'not told' : status.load.join(' · ')],
                [
                  'Waiting for disks',
                  status.ioWait === null ? 'not told' : formatPercent(partPercent(status.ioWait)),
                ],
                [
                  'Processors',
                  `${status.cpuCount} threads, ${plural(status.sockets, 'socket')}, ${status.cpuModel}`,
                ],
                [
                  'Swap',
                  status.swapTotalBytes === 0
                    ? 'none'
                    : `${formatBytes(status.swapBytes)} of ${formatBytes(status.swapTotalBytes)}`,
                ],
                ['Boot', status.boot ?? 'not told'],
                ['Time zone', status.timezone ?? 'not told'],
                [
                  'Subscription',
                  subscription === null
                    ? 'not told'
                    : subscription.status === 'notfound'
                      ? `none: ${subscription.text}`
                      : `${subscription.status}: ${subscription.text}`,
                ],
              ]}
            />
          </>
        );
      }}
    </ReadView>
  );
}

function Guests({ of }: { of: Of }) {
  const guests = useClustersStore((state) => state.inventories[of.clusterId]?.guests);
  const mine = (guests ?? []).filter(({ node }) => node === of.node).toSorted((a, b) => a.vmid - b.vmid);
  return (
    <PlainTable
      label="Guests of the node"
      rows={mine}
      rowKey={({ vmid }) => String(vmid)}
      empty="No guests are there."
      columns={[
        {
          header: 'Guest',
          render: (guest) => (
            <Button
              variant="transparent"
              size="compact-sm"
              px={0}
              onClick={() => openGuest(of.clusterId, guest)}
            >
              {guest.vmid} {guest.name ?? 'not known'}
            </Button>
          ),
        },
        { header: 'Kind', render: ({ type, template }) => (template ? 'Template' : guestTypeWords[type]) },
        { header: 'State', render: ({ status }) => guestStatusWords[status] },
        { header: 'CPU', numeric: true, render: ({ cpu }) => formatPercent(partPercent(cpu)) },
        { header: 'Memory', numeric: true, render: ({ memoryBytes }) => formatBytes(memoryBytes) },
      ]}
    />
  );
}

function Services({ of }: { of: Of }) {
  const { read, again } = useRead('nodes:services', of, useTakenAt(of.clusterId));
  return (
    <Stack gap="sm">
      <ReadBar onAgain={again}>What Proxmox VE watches of this node’s services.</ReadBar>
      <ReadView read={read} label="Reading the services">
        {({ services }) => (
          <PlainTable
            label="Services"
            rows={services}
            rowKey={({ name }) => name}
            empty="None are told."
            columns={[
              {
                header: 'Service',
                render: ({ name }) => (
                  <Text fw={500} fz="sm">
                    {name}
                  </Text>
                ),
              },
              { header: 'What it is', render: ({ description }) => description },
              {
                header: 'State',
                render: ({ state, unit }) => (
                  <Badge
                    variant="dot"
                    size="sm"
                    radius="sm"
                    tt="none"
                    color={
                      state === 'running'
                        ? 'teal'
                        : unit === 'disabled' || unit === 'masked'
                          ? 'gray'
                          : 'orange'
                    }
                  >
                    {state}
                    {unit === '' || unit === 'enabled' ? '' : `, ${unit}`}
                  </Badge>
                ),
              },
              {
                header: '',
                width: 48,
                render: (service) => (
                  <OfferMenu
                    hostId={of.clusterId}
                    subject={{ kind: 'service', node: of.node, service }}
                    label={`Actions for ${service.name}`}
                  />
                ),
              },
            ]}
          />
        )}
      </ReadView>
    </Stack>
  );
}

function Disks({ of }: { of: Of }) {
  const { read, again } = useRead('nodes:disks', of);
  const [asked, setAsked] = useState<string | null>(null);
  return (
    <Stack gap="sm">
      <ReadBar onAgain={again}>Physical disks, as the node tells them.</ReadBar>
      <ReadView read={read} label="Reading the disks">
        {({ disks }) => (
          <PlainTable
            label="Disks of the node"
            rows={disks}
            rowKey={({ path }) => path}
            empty="No disks are told."
            columns={[
              {
                header: 'Disk',
                render: ({ path, model, serial }) => (
                  <>
                    <span className="mono">{path}</span>
                    <Text size="xs" c="dimmed">
                      {model} {serial}
                    </Text>
                  </>
                ),
              },
              { header: 'Size', numeric: true, render: ({ sizeBytes }) => formatBytes(sizeBytes) },
              { header: 'Kind', render: ({ type }) => type },
              { header: 'Used by', render: ({ usedBy }) => (usedBy === '' ? 'nothing' : usedBy) },
              {
                header: 'Health',
                render: ({ health, lifeLeftPercent }) => (
                  <>
                    <Badge
                      variant="dot"
                      size="sm"
                      radius="sm"
                      tt="none"
                      color={
                        health === 'PASSED' || health === 'OK' ? 'teal' : health === 'FAILED' ? 'red' : 'gray'
                      }
                    >
                      {health === 'PASSED' || health === 'OK'
                        ? 'Passed'
                        : health === 'FAILED'
                          ? 'Failing'
                          : 'Not known'}
                    </Badge>
                    {lifeLeftPercent !== null && (
                      <Text size="xs" c="dimmed">
                        {lifeLeftPercent} % of its life left
                      </Text>
                    )}
                  </>
                ),
              },
              {
                header: '',
                width: 80,
                render: ({ path }) => (
                  <Button
                    variant="subtle"
                    size="compact-xs"
                    aria-label={`SMART of ${path}`}
                    aria-expanded={asked === path}
                    onClick={() => setAsked(asked === path ? null : path)}
                  >
                    SMART
                  </Button>
                ),
              },
            ]}
          />
        )}
      </ReadView>
      {asked !== null && <Smart of={of} disk={asked} />}
    </Stack>
  );
}

function Smart({ of, disk }: { of: Of; disk: string }) {
  const { read } = useRead('nodes:smart', { ...of, disk });
  return (
    <section aria-label={`SMART of ${disk}`} className="panel" style={{ padding: 14 }}>
      <Title order={3} mb={6}>
        SMART of {disk}
      </Title>
      <ReadView read={read} label="Asking the disk">
        {({ health, attributes, text }) => (
          <Stack gap="xs">
            <Text size="sm">It says of itself: {health}.</Text>
            {attributes.length > 0 && (
              <PlainTable
                label="Attributes"
                rows={attributes}
                rowKey={({ name }) => name}
                empty=""
                columns={[
                  {
                    header: 'Attribute',
                    render: ({ name, failing }) => (
                      <Text
                        fz="sm"
                        c={failing ? 'var(--hf-critical)' : undefined}
                        fw={failing ? 600 : undefined}
                      >
                        {name}
                        {failing ? ' (failing)' : ''}
                      </Text>
                    ),
                  },
                  { header: 'Value', numeric: true, render: ({ value }) => value },
                  { header: 'Threshold', numeric: true, render: ({ threshold }) => threshold },
                  { header: 'Raw', numeric: true, render: ({ raw }) => raw },
                ]}
              />
            )}
            {text !== '' && (
              <Code block style={{ whiteSpace: 'pre-wrap' }}>
                {text}
              </Code>
            )}
          </Stack>
        )}
      </ReadView>
    </section>
  );
}

function Network({ of }: { of: Of }) {
  const { read, again } = useRead('nodes:network', of);
  return (
    <Stack gap="sm">
      <ReadBar onAgain={again}>Interfaces, bonds and bridges of this node.</ReadBar>
      <ReadView read={read} label="Reading the network">
        {({ interfaces }) => (
          <PlainTable
            label="Network of the node"
            rows={interfaces}
            rowKey={({ name }) => name}
            empty="No interfaces are told."
            columns={[
              { header: 'Interface', mono: true, render: ({ name }) => name },
              { header: 'Kind', render: ({ type }) => type },
              { header: 'Active', render: ({ active }) => (active ? 'yes' : 'no') },
              {
                header: 'Addresses',
                mono: true,
                render: ({ addresses, gateway }) =>
                  addresses.length === 0
                    ? '–'
                    : `${addresses.join(', ')}${gateway === null ? '' : ` via ${gateway}`}`,
              },
              { header: 'Made of', mono: true, render: ({ parts }) => parts ?? '–' },
              { header: 'Comment', render: ({ comment }) => comment },
            ]}
          />
        )}
      </ReadView>
    </Stack>
  );
}

function Updates({ of }: { of: Of }) {
  const { read, again } = useRead('nodes:updates', of, useTakenAt(of.clusterId));
  return (
    <Stack gap="sm">
      <ReadBar
        onAgain={again}
        actions={
          <OfferMenu
            hostId={of.clusterId}
            subject={{ kind: 'node', node: of.node }}
            label="Look again for updates"
            words="Look again"
            hidden={({ action }) => action !== 'pve.node.refreshUpdates'}
          />
        }
      >
        As the node found them last. Holdfast installs nothing: upgrade a node on its own console.
      </ReadBar>
      <ReadView read={read} label="Reading the updates">
        {({ updates, versions }) => (
          <Stack gap="lg">
            <PlainTable
              label="Updates"
              rows={updates}
              rowKey={({ name }) => name}
              empty="No updates are waiting."
              columns={[
                {
                  header: 'Package',
                  render: ({ name, title }) => (
                    <>
                      {name}
                      <Text size="xs" c="dimmed">
                        {title}
                      </Text>
                    </>
                  ),
                },
                { header: 'From', mono: true, render: ({ from }) => from },
                { header: 'To', mono: true, render: ({ to }) => to },
                { header: 'Origin', render: ({ origin }) => origin },
              ]}
            />
            <Section title="Versions">
              <PlainTable
                label="Versions"
                rows={versions.filter(({ state }) => state !== 'NotInstalled')}
                rowKey={({ name }) => name}
                empty="None are told."
                columns={[
                  { header: 'Package', render: ({ name }) => name },
                  { header: 'Version', mono: true, render: ({ version }) => version },
                ]}
              />
            </Section>
          </Stack>
        )}
      </ReadView>
    </Stack>
  );
}

const customFile = 'pveproxy-ssl.pem';
const soonMs = 30 * 86_400_000;

function Certificates({ of }: { of: Of }) {
  const nowMs = useNow();
  const { read, again } = useRead('nodes:certificates', of, useTakenAt(of.clusterId));
  const [problem, setProblem] = useState<WireError | null>(null);
  const upload = async (): Promise<void> => {
    const answer = await call('nodes:chooseCertificate', of);
    setProblem(answer.ok ? null : answer.error);
    if (answer.ok && answer.value.offer !== null) startOffer(of.clusterId, answer.value.offer);
  };
  return (
    <Stack gap="sm">
      <ReadBar
        onAgain={again}
        actions={
          <Button
            variant="light"
            size="compact-sm"
            leftSection={<IconUpload size={14} aria-hidden />}
            onClick={() => void upload()}
          >
            Upload…
          </Button>
        }
      >
        What the node shows to browsers, and to Holdfast. {customFile} wins where it is there.
      </ReadBar>
      {problem !== null && <ErrorNotice error={problem} />}
      <ReadView read={read} label="Reading the certificates">
        {({ certificates }) =>
          certificates.length === 0 ? (
            <Text size="sm" c="dimmed">
              None are told.
            </Text>
          ) : (
            certificates.map((certificate) => {
              const { notAfterMs } = certificate;
              const soon = notAfterMs !== null && notAfterMs < nowMs + soonMs;
              return (
                <section
                  key={certificate.file}
                  className="panel"
                  style={{ padding: 14 }}
                  aria-label={certificate.file}
                >
                  <Group justify="space-between" mb={6} wrap="nowrap">
                    <Title order={3}>{certificate.file}</Title>
                    {certificate.file === customFile && (
                      <OfferMenu
                        hostId={of.clusterId}
                        subject={{ kind: 'certificate', node: of.node, certificate }}
                        label={`Actions for ${certificate.file}`}
                      />
                    )}
                  </Group>
                  <Facts
                    facts={[
                      ['Subject', certificate.subject],
                      ['Issuer', certificate.issuer],
                      ['Names', certificate.names.join(', ') || 'none'],
                      [
                        'Valid',
                        <Text key="valid" fz="sm" c={soon ? 'var(--hf-warning)' : undefined}>
                          {certificate.notBeforeMs === null ? '?' : formatDay(certificate.notBeforeMs)} to{' '}
                          {notAfterMs === null ? '?' : formatDay(notAfterMs)}
                          {soon ? (notAfterMs < nowMs ? ': it has expired' : ': it expires soon') : ''}
                        </Text>,
                      ],
                      [
                        'SHA-256',
                        <span key="sha" style={{ fontSize: 12 }}>
                          <Fingerprint sha256={certificate.sha256} />
                        </span>,
                      ],
                    ]}
                  />
                </section>
              );
            })
          )
        }
      </ReadView>
    </Stack>
  );
}

const taskLimits = ['50', '100', '200'];

/** F155: what this node keeps; the cluster's list has the last of all nodes only. */
function Tasks({ of, cluster }: { of: Of; cluster: Cluster }) {
  const [limit, setLimit] = useState(taskLimits[0] ?? '50');
  const [failed, setFailed] = useState(false);
  const { read, again } = useRead(
    'datacenter:nodeTasks',
    { ...of, limit: Number(limit), failed },
    useTakenAt(of.clusterId),
  );
  return (
    <Stack gap="sm">
      <ReadBar
        onAgain={again}
        actions={
          <Group gap="sm" wrap="nowrap">
            <Switch
              size="xs"
              label="Only failed"
              checked={failed}
              onChange={(event) => setFailed(event.currentTarget.checked)}
            />
            <Select
              size="xs"
              w={90}
              aria-label="How many"
              data={taskLimits}
              value={limit}
              allowDeselect={false}
              onChange={(value) => setLimit(value ?? limit)}
            />
          </Group>
        }
      >
        The last tasks that this node ran, those that run first.
      </ReadBar>
      <ReadView read={read} label="Reading the tasks of the node">
        {({ tasks }) => (
          <TaskTable
            rows={tasks.map((task) => ({ cluster, task }))}
            empty={noNodeTasksWords(cluster, failed)}
            withCluster={false}
          />
        )}
      </ReadView>
    </Stack>
  );
}

const logLines = 500;

function Log({ of }: { of: Of }) {
  const { read, again } = useRead('nodes:syslog', { ...of, limit: logLines });
  return (
    <Stack gap="sm">
      <ReadBar onAgain={again}>At most {logLines} lines of the node’s log.</ReadBar>
      <ReadView read={read} label="Reading the log">
        {({ lines }) => (
          <Code
            block
            aria-label="Log of the node"
            style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', fontSize: 12 }}
          >
            {lines.length === 0 ? '(empty)' : lines.join('\n')}
          </Code>
        )}
      </ReadView>
    </Stack>
  );
}
