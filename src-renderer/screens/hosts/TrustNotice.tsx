import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { IconFingerprint, IconShieldX } from '@tabler/icons-react';
import { useState } from 'react';
import type { HostKeyProblem, WireError } from '../../../src-preload/contract/result';
import { call } from '../../api';
import { ErrorNotice } from '../../components/ErrorNotice';

/** The fingerprint decision. Trusting opens the native dialog; the page only asks for it. */
export function TrustNotice({ problem, onTrusted }: { problem: HostKeyProblem; onTrusted: () => void }) {
  const [error, setError] = useState<WireError | null>(null);
  const [asking, setAsking] = useState(false);
  const trust = async () => {
    setAsking(true);
    setError(null);
    const answer = await call('hosts:trustKey', {
      address: problem.address,
      port: problem.port,
      ...(problem.via === undefined ? {} : { via: problem.via }),
      sha256: problem.offered.sha256,
    });
    setAsking(false);
    if (!answer.ok) setError(answer.error);
    else if (answer.value.trusted) onTrusted();
  };
  const changed = problem.reason === 'changed';
  const revoked = problem.reason === 'revoked';
  return (
    <Alert
      color={changed || revoked ? 'red' : 'blue'}
      icon={changed || revoked ? <IconShieldX size={18} /> : <IconFingerprint size={18} />}
      title={
        revoked
          ? 'This host key is revoked. Holdfast will not connect.'
          : changed
            ? 'The host key has CHANGED. Nothing was sent.'
            : 'Is this really your host?'
      }
    >
      <Stack gap="sm">
        <Text size="sm">
          {changed
            ? 'Either the host was reinstalled, or somebody stands between you and it. Do not go on before you know which.'
            : revoked
              ? 'This key was marked as revoked, in Holdfast or in your ~/.ssh/known_hosts: it must not be trusted any more. Nothing was sent. Find out why, and give the host a new key before you connect again.'
              : 'Compare the fingerprint with the one the host itself shows. Nothing secret has been sent yet.'}
        </Text>
        {changed &&
          problem.known.map((key) => (
            <KeyLine key={key.sha256} label="Pinned" type={key.type} sha256={key.sha256} />
          ))}
        <KeyLine
          label={changed ? 'Offered now' : 'Offered'}
          type={problem.offered.type}
          sha256={problem.offered.sha256}
        />
        {!revoked && (
          <div>
            <Text size="xs" c="dimmed" mb={4}>
              On the host’s own console:
            </Text>
            <Code block>for k in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $k; done</Code>
          </div>
        )}
        {error !== null && <ErrorNotice error={error} />}
        {!revoked && (
          <Group>
            <Button color={changed ? 'red' : undefined} loading={asking} onClick={() => void trust()}>
              {changed ? 'Replace the pinned key…' : 'The fingerprint matches…'}
            </Button>
          </Group>
        )}
      </Stack>
    </Alert>
  );
}

function KeyLine({ label, type, sha256 }: { label: string; type: string; sha256: string }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {label} · <span className="mono">{type}</span>
      </Text>
      <Text size="sm" className="mono" fw={600} style={{ overflowWrap: 'anywhere', userSelect: 'text' }}>
        {sha256}
      </Text>
    </div>
  );
}
