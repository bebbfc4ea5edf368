import { Badge, Button, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import type { Cluster } from '../../../src-preload/contract/clusters';
import type { SdnZone } from '../../../src-preload/contract/datacenter';
import { OfferMenu } from '../../components/OfferMenu';
import { PlainTable } from '../../components/PlainTable';
import { ReadBar, ReadView } from '../../components/ReadView';
import { useRead } from '../../components/use-read';
import { plural } from '../../format/bytes-format';
import { useTakenAt } from '../../stores/clusters-store';

const stateWords: Record<SdnZone['state'], string> = {
  applied: 'In effect',
  new: 'New, not applied',
  changed: 'Changed, not applied',
  deleted: 'Deleted, not applied',
};

function State({ row }: { row: Pick<SdnZone, 'state' | 'pending'> }) {
  return (
    <>
      <Badge
        variant="dot"
        size="sm"
        radius="sm"
        tt="none"
        color={row.state === 'applied' ? 'teal' : row.state === 'deleted' ? 'red' : 'orange'}
      >
        {stateWords[row.state]}
      </Badge>
      {row.pending.length > 0 && (
        <Text size="xs" c="dimmed" className="mono">
          {row.pending.join(' ')}
        </Text>
      )}
    </>
  );
}

/** The software-defined network as it is written down, and what waits to be applied. */
export function ClusterNetwork({ cluster }: { cluster: Cluster }) {
  const { read, again } = useRead('datacenter:sdn', { clusterId: cluster.id }, useTakenAt(cluster.id));
  const [asked, setAsked] = useState<string | null>(null);
  const waiting =
    read.status === 'ready'
      ? [...read.found.zones, ...read.found.vnets].filter(({ state }) => state !== 'applied').length
      : 0;
  return (
    <Stack gap="md">
      <ReadBar
        onAgain={again}
        actions={
          read.status === 'ready' && (
            <OfferMenu
              hostId={cluster.id}
              subject={{
                kind: 'sdn',
                zones: read.found.zones.filter(({ state }) => state !== 'deleted').map(({ zone }) => zone),
                pending: waiting > 0,
              }}
              label="Change the network"
              words="Change"
            />
          )
        }
      >
        Zones and VNets of the cluster. A change takes effect when it is applied, on all nodes at once.
      </ReadBar>
      {waiting > 0 && (
        <Text size="sm" c="var(--hf-warning)">
          {plural(waiting, 'change')} {waiting === 1 ? 'waits' : 'wait'} to be applied.
        </Text>
      )}
      <ReadView read={read} label="Reading the network">
        {({ zones, vnets, controllers }) => (
          <Stack gap="lg">
            <section aria-label="Zones">
              <Title order={3} mb={6}>
                Zones
              </Title>
              <PlainTable
                label="Zones"
                rows={zones}
                rowKey={({ zone }) => zone}
                empty="No zones: guests use the bridges of their nodes."
                columns={[
                  {
                    header: 'Zone',
                    render: ({ zone }) => (
                      <Text fz="sm" fw={500}>
                        {zone}
                      </Text>
                    ),
                  },
                  { header: 'Kind', render: ({ type }) => type },
                  { header: 'Settings', mono: true, render: ({ settings }) => settings.join(' ') },
                  { header: 'State', render: (zone) => <State row={zone} /> },
                  {
                    header: '',
                    width: 48,
                    render: (zone) => (
                      <OfferMenu
                        hostId={cluster.id}
                        subject={{ kind: 'sdn-zone', zone }}
                        label={`Actions for zone ${zone.zone}`}
                      />
                    ),
                  },
                ]}
              />
            </section>
            <section aria-label="VNets">
              <Title order={3} mb={6}>
                VNets
              </Title>
              <PlainTable
                label="VNets"
                rows={vnets}
                rowKey={({ vnet }) => vnet}
                empty="No VNets."
                columns={[
                  {
                    header: 'VNet',
                    render: ({ vnet }) => (
                      <Text fz="sm" fw={500}>
                        {vnet}
                      </Text>
                    ),
                  },
                  { header: 'Zone', render: ({ zone }) => zone },
                  { header: 'Tag', numeric: true, render: ({ tag }) => tag ?? '–' },
                  { header: 'Alias', render: ({ alias }) => alias },
                  { header: 'State', render: (vnet) => <State row={vnet} /> },
                  {
                    header: '',
                    width: 90,
                    render: ({ vnet }) => (
                      <Button
                        variant="subtle"
                        size="compact-xs"
                        aria-label={`Subnets of ${vnet}`}
                        aria-expanded={asked === vnet}
                        onClick={() => setAsked(asked === vnet ? null : vnet)}
                      >
                        Subnets
                      </Button>
                    ),
                  },
                  {
                    header: '',
                    width: 48,
                    render: (vnet) => (
                      <OfferMenu
                        hostId={cluster.id}
                        subject={{ kind: 'sdn-vnet', vnet }}
                        label={`Actions for VNet ${vnet.vnet}`}
                      />
                    ),
                  },
                ]}
              />
            </section>
            {asked !== null && <Subnets key={asked} cluster={cluster} vnet={asked} />}
            <section aria-label="Controllers">
              <Title order={3} mb={6}>
                Controllers
              </Title>
              <PlainTable
                label="Controllers"
                rows={controllers}
                rowKey={({ controller }) => controller}
                empty="No controllers: EVPN zones would need one."
                columns={[
                  { header: 'Controller', render: ({ controller }) => controller },
                  { header: 'Kind', render: ({ type }) => type },
                  { header: 'Settings', mono: true, render: ({ settings }) => settings.join(' ') },
                ]}
              />
            </section>
          </Stack>
        )}
      </ReadView>
    </Stack>
  );
}

function Subnets({ cluster, vnet }: { cluster: Cluster; vnet: string }) {
  const { read } = useRead('datacenter:subnets', { clusterId: cluster.id, vnet }, useTakenAt(cluster.id));
  return (
    <section aria-label={`Subnets of ${vnet}`} className="panel" style={{ padding: 14 }}>
      <Title order={3} mb={6}>
        Subnets of {vnet}
      </Title>
      <ReadView read={read} label="Reading the subnets">
        {({ subnets }) => (
          <PlainTable
            label={`Subnets of ${vnet}`}
            rows={subnets}
            rowKey={({ cidr }) => cidr}
            empty="None: addresses of this VNet are nobody’s business but its guests’."
            columns={[
              { header: 'Network', mono: true, render: ({ cidr }) => cidr },
              { header: 'Gateway', mono: true, render: ({ gateway }) => (gateway === '' ? '–' : gateway) },
              {
                header: 'Way out',
                render: ({ snat }) => (snat ? 'behind the node’s address (SNAT)' : 'routed, or none'),
              },
              { header: 'State', render: ({ state }) => stateWords[state] },
            ]}
          />
        )}
      </ReadView>
    </section>
  );
}
