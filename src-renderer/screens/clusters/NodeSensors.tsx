import { Anchor, Button, Group, Stack, Text } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { Link } from 'wouter';
import { Age } from '../../components/Age';
import { ErrorNotice } from '../../components/ErrorNotice';
import { ReadView } from '../../components/ReadView';
import { SensorsView } from '../../components/SensorsView';
import { useRead } from '../../components/use-read';
import { closePanel } from '../../stores/clusters-store';
import { useHost } from '../../stores/fleet-store';
import { refreshInventory, useInventoryStore } from '../../stores/inventory-store';
import { NodeHostSelect } from './NodeHostSelect';

/** F50: the API of Proxmox VE has no call for sensors; a node that is a host of the list too is asked over SSH. */
export function NodeSensors({ of }: { of: { clusterId: string; node: string } }) {
  const { read, again } = useRead('clusters:nodeHost', of);
  const hostId = read.status === 'ready' ? read.found.host?.hostId : undefined;
  const readAtMs = useHost(hostId)?.summary?.takenAtMs;
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        The API of Proxmox VE has no call for sensors. Where the node is also a host of your list, lm-sensors
        tells them over SSH.
      </Text>
      <ReadView read={read} label="Reading which host the node is">
        {({ host }) => (
          <>
            <Group gap="sm" wrap="nowrap" align="flex-start">
              <NodeHostSelect clusterId={of.clusterId} node={of.node} host={host} onChanged={again} />
              {host !== null && (
                <Anchor component={Link} href={`/hosts/${host.hostId}`} size="sm" mt={8} onClick={closePanel}>
                  Open {host.name}
                </Anchor>
              )}
            </Group>
            {host === null ? (
              <Text size="sm">
                Choose which host {of.node} is. If it is none yet, add it with Add host on the Fleet screen.
              </Text>
            ) : (
              <>
                {!host.chosen && (
                  <Text size="xs" c="dimmed">
                    Taken for it because it has the same name.
                  </Text>
                )}
                <OfHost
                  key={`${host.hostId} ${readAtMs ?? ''}`}
                  of={of}
                  hostId={host.hostId}
                  name={host.name}
                />
              </>
            )}
          </>
        )}
      </ReadView>
    </Stack>
  );
}

function OfHost({
  of,
  hostId,
  name,
}: {
  of: { clusterId: string; node: string };
  hostId: string;
  name: string;
}) {
  const known = useInventoryStore((state) => state.byHost[hostId]);
  const { read, again } = useRead('clusters:nodeHost', of);
  const refresh = async () => {
    await refreshInventory(hostId);
    again();
  };
  return (
    <ReadView read={read} label="Reading the sensors">
      {({ sensors }) => (
        <Stack gap="sm">
          <Group justify="space-between">
            <Text size="sm" c="dimmed">
              {sensors === null ? (
                `The sensors of ${name} were not read yet.`
              ) : (
                <>
                  By {name}, read <Age atMs={sensors.takenAtMs} />
                </>
              )}
            </Text>
            <Button
              size="compact-xs"
              variant="subtle"
              leftSection={<IconRefresh size={13} aria-hidden />}
              loading={known?.refreshing === true}
              onClick={() => void refresh()}
            >
              Read {name} over SSH
            </Button>
          </Group>
          {known?.error !== undefined && known.error !== null && <ErrorNotice error={known.error} />}
          {sensors !== null && <SensorsView state={sensors.state} hostName={name} />}
        </Stack>
      )}
    </ReadView>
  );
}
