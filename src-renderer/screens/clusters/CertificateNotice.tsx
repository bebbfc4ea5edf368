import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { IconFingerprint, IconShieldX } from '@tabler/icons-react';
import { useState } from 'react';
import type { ClusterEndpoint, Signature } from '../../../src-preload/contract/clusters';
import type { Certificate, WireError } from '../../../src-preload/contract/result';
import { call } from '../../api';
import { useNow } from '../../components/Age';
import { Fingerprint } from '../../components/Fingerprint';
import { ErrorNotice } from '../../components/ErrorNotice';
import { formatMoment } from '../../format/time-format';
import { certificateCause, signatureWords } from './certificate-cause';

/** The decision about a certificate. Trusting opens the native dialog; the page only asks for it. */
export function CertificateNotice({
  endpoint,
  offered,
  known,
  signature,
  onTrusted,
}: {
  endpoint: ClusterEndpoint;
  offered: Certificate;
  known: Certificate | null;
  /** Who signed what is offered, as far as it can be proved. */
  signature: Signature;
  onTrusted: () => void;
}) {
  const [error, setError] = useState<WireError | null>(null);
  const [asking, setAsking] = useState(false);
  const changed = known !== null;
  const nowMs = useNow();
  const trust = async () => {
    setAsking(true);
    setError(null);
    const answer = await call('clusters:trustCertificate', { ...endpoint, sha256: offered.sha256 });
    setAsking(false);
    if (!answer.ok) setError(answer.error);
    else if (answer.value.trusted) onTrusted();
  };
  return (
    <Alert
      color={changed ? 'red' : 'blue'}
      icon={changed ? <IconShieldX size={18} /> : <IconFingerprint size={18} />}
      title={
        changed
          ? `The certificate of ${endpoint.address} has CHANGED. Nothing was sent.`
          : `Is ${endpoint.address}:${endpoint.port} really your node?`
      }
    >
      <Stack gap="sm">
        <Text size="sm">
          {changed
            ? 'Either it was renewed, or somebody stands between you and it. Do not go on before you know which.'
            : 'Compare the fingerprint with the one the node itself shows. No secret has been sent yet.'}
        </Text>
        {changed && (
          <Text size="sm" fw={600}>
            {certificateCause(known, offered, nowMs)} This is what it says of itself, and proves nothing.
          </Text>
        )}
        {changed && (
          <Text size="sm" c={signature.by === 'another' ? 'var(--hf-critical)' : undefined}>
            {signatureWords(signature)}
          </Text>
        )}
        {changed && <CertificateLines label="Pinned" certificate={known} />}
        <CertificateLines label={changed ? 'Offered now' : 'Offered'} certificate={offered} />
        <div>
          <Text size="xs" c="dimmed" mb={4}>
            On the node’s own console:
          </Text>
          <Code block>pvenode cert info --output-format text | grep -i fingerprint</Code>
        </div>
        {error !== null && <ErrorNotice error={error} />}
        <Group>
          <Button color={changed ? 'red' : undefined} loading={asking} onClick={() => void trust()}>
            {changed ? 'Replace the pinned certificate…' : 'The fingerprint matches…'}
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}

function CertificateLines({ label, certificate }: { label: string; certificate: Certificate }) {
  const { sha256, subject, issuer, notBeforeMs, notAfterMs } = certificate;
  const nowMs = useNow();
  return (
    <div>
      <Text size="xs" c="dimmed">
        {label} · {subject} · issued by {issuer}
      </Text>
      <Text size="sm" fw={600}>
        <Fingerprint sha256={sha256} />
      </Text>
      <Text size="xs" c={notAfterMs < nowMs ? 'var(--hf-critical)' : 'dimmed'}>
        Valid {formatMoment(notBeforeMs)} to {formatMoment(notAfterMs)}
        {notAfterMs < nowMs && ': EXPIRED'}
      </Text>
    </div>
  );
}
