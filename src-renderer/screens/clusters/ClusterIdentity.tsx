import { Alert, Button, Group, Loader, Stack, Table, Text } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import { useState } from 'react';
import type { Response } from '../../../src-preload/contract';
import type { Cluster, ClusterEndpoint, ClusterSettings } from '../../../src-preload/contract/clusters';
import type { WireError } from '../../../src-preload/contract/result';
import { call } from '../../api';
import { Fingerprint } from '../../components/Fingerprint';
import { ErrorNotice } from '../../components/ErrorNotice';
import { HealthMark } from '../../components/HealthMark';
import { CertificateNotice } from './CertificateNotice';

type Probe = Response<'clusters:probeCertificate'>;
export type Looked = { endpoint: ClusterEndpoint } & (
  { probe: Probe } | { error: WireError } | { asking: true }
);
type Trust = ClusterSettings['trust'];

export const isTrusted = (looked: Looked, trust: Trust): boolean =>
  'probe' in looked && (trust === 'pin' ? looked.probe.status === 'trusted' : looked.probe.vouched);

const placeOf = ({ address, port }: ClusterEndpoint): string => `${address}:${port}`;

/** What one node showed of itself, and what that means for the way of trust that was chosen. */
export function LookedAt({
  looked,
  trust,
  onTrusted,
}: {
  looked: Looked;
  trust: Trust;
  onTrusted: () => void;
}) {
  const { endpoint } = looked;
  const where = placeOf(endpoint);
  if ('asking' in looked) {
    return (
      <Group gap="sm">
        <Loader size="sm" />
        <Text size="sm">Asking {where} for its certificate. No secret is sent.</Text>
      </Group>
    );
  }
  if ('error' in looked)
    return <ErrorNotice error={looked.error} quiet={looked.error.code === 'unreachable'} />;
  const { offered, known, signature } = looked.probe;
  if (isTrusted(looked, trust)) {
    return (
      <Alert color="teal" icon={<IconShieldCheck size={18} />} title={`${where} is who it says`}>
        <Text size="sm">
          <Fingerprint sha256={offered.sha256} />
        </Text>
      </Alert>
    );
  }
  if (trust !== 'pin') {
    return (
      <Alert color="red" title={`${where} is not vouched for`}>
        <Text size="sm">
          {trust === 'system' ? 'No certificate authority of this system' : 'The authority that you chose'}
          {trust === 'system' ? ' signed' : ' did not sign'} its certificate for that name ({offered.subject},
          for {offered.names.join(', ') || 'no name'}, issued by {offered.issuer}). Go back and pin it
          instead, or give the address that it is for.
        </Text>
      </Alert>
    );
  }
  return (
    <CertificateNotice
      endpoint={endpoint}
      offered={offered}
      known={known}
      signature={signature}
      onTrusted={onTrusted}
    />
  );
}

type Tested = Response<'clusters:testConnection'>['nodes'];
type Testing = 'not yet' | 'asking' | { nodes: Tested } | { error: WireError };

/** F18: logs in and reads the version, before anything is saved. */
export function ConnectionTest({
  cluster,
  settings,
  secret,
  ready,
}: {
  cluster: Cluster | null;
  settings: ClusterSettings;
  secret: string | null;
  /** At least one node is trusted. */
  ready: boolean;
}) {
  const [tested, setTested] = useState<Testing>('not yet');
  const test = async () => {
    setTested('asking');
    const answer = await call('clusters:testConnection', {
      clusterId: cluster?.id ?? null,
      settings,
      secret,
    });
    setTested(answer.ok ? { nodes: answer.value.nodes } : { error: answer.error });
  };
  return (
    <Stack gap="sm">
      <Group gap="sm">
        <Button variant="light" loading={tested === 'asking'} disabled={!ready} onClick={() => void test()}>
          Test the connection
        </Button>
        <Text size="sm" c="dimmed">
          {ready
            ? 'Logs in and reads the version. Nothing is saved.'
            : 'Trust a node first: only then a secret is sent.'}
        </Text>
      </Group>
      {typeof tested === 'object' && 'error' in tested && <ErrorNotice error={tested.error} />}
      {typeof tested === 'object' && 'nodes' in tested && <TestedNodes nodes={tested.nodes} />}
    </Stack>
  );
}

function TestedNodes({ nodes }: { nodes: Tested }) {
  return (
    <Table fz="sm" aria-label="Connection test">
      <Table.Tbody>
        {nodes.map(({ endpoint, answer, error }) => (
          <Table.Tr key={placeOf(endpoint)}>
            <Table.Td w={36}>
              <HealthMark health={error === null ? 'ok' : 'warning'} />
            </Table.Td>
            <Table.Td className="mono">{placeOf(endpoint)}</Table.Td>
            <Table.Td>
              {answer === null
                ? `${error?.message ?? ''} ${error?.remedy ?? ''}`.trim()
                : `Proxmox VE ${answer.version}, ${latencyWords(answer.latencyMs)}`}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

const latencyWords = (ms: number): string => (ms < 1 ? 'under 1 ms' : `${Math.round(ms)} ms a request`);
