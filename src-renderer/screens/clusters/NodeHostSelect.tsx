import { Select, Stack } from '@mantine/core';
import { useState } from 'react';
import type { NodeHost } from '../../../src-preload/contract/clusters';
import type { WireError } from '../../../src-preload/contract/result';
import { call } from '../../api';
import { ErrorNotice } from '../../components/ErrorNotice';
import { useFleetStore } from '../../stores/fleet-store';

/** Says which host of the list a node is. */
export function NodeHostSelect({
  clusterId,
  node,
  host,
  onChanged,
}: {
  clusterId: string;
  node: string;
  host: NodeHost['host'];
  onChanged: () => void;
}) {
  const hosts = useFleetStore((state) => state.hosts);
  const [error, setError] = useState<WireError | null>(null);
  const link = async (hostId: string | null) => {
    const answer = await call('clusters:linkHost', { clusterId, node, hostId });
    setError(answer.ok ? null : answer.error);
    onChanged();
  };
  return (
    <Stack gap={6} style={{ flex: 1 }}>
      <Select
        aria-label={`Host of node ${node}`}
        placeholder={hosts.length === 0 ? 'There is no host in the list yet' : 'No host of the list'}
        disabled={hosts.length === 0}
        data={hosts.map(({ host: { id, name, address } }) => ({ value: id, label: `${name} (${address})` }))}
        value={host?.hostId ?? null}
        clearable
        searchable
        onChange={(hostId) => void link(hostId)}
      />
      {error !== null && <ErrorNotice error={error} />}
    </Stack>
  );
}
