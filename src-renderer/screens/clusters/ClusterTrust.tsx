import { Button, Group, Radio, Stack, Text } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { IconCertificate } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import type { Cluster } from '../../../src-preload/contract/clusters';
import type { WireError } from '../../../src-preload/contract/result';
import { call } from '../../api';
import { Fingerprint } from '../../components/Fingerprint';
import { ErrorNotice } from '../../components/ErrorNotice';
import { formatMoment } from '../../format/time-format';
import type { ClusterFormValues } from './cluster-form';

/** How the nodes prove themselves: exactly one way of three, and none that takes whatever comes. */
export function ClusterTrustFields({
  form,
  cluster,
}: {
  form: UseFormReturnType<ClusterFormValues>;
  cluster: Cluster | null;
}) {
  const { trust } = form.values;
  return (
    <div>
      <Radio.Group label="How do the nodes prove themselves?" {...form.getInputProps('trust')}>
        <Stack gap={6} mt={6}>
          <Radio
            value="pin"
            label="By their pinned certificates"
            description="You compare each fingerprint once. Right for the certificates that Proxmox VE makes itself."
          />
          <Radio
            value="authority"
            label="By a certificate authority of your own"
            description="Right where one authority signs the certificates of all nodes for their names. Its file is copied."
          />
          <Radio
            value="system"
            label="By the certificate authorities of this system"
            description="Right where every node has a certificate for its name, such as by ACME."
          />
        </Stack>
      </Radio.Group>
      {trust === 'authority' && <ChosenAuthority form={form} cluster={cluster} />}
    </div>
  );
}

function ChosenAuthority({
  form,
  cluster,
}: {
  form: UseFormReturnType<ClusterFormValues>;
  cluster: Cluster | null;
}) {
  const [error, setError] = useState<WireError | null>(null);
  const { authority } = form.values;
  const stored = cluster !== null && typeof cluster.trust === 'object' ? cluster.trust.authority : null;
  const { setFieldValue } = form;
  useEffect(() => {
    if (stored === null) return;
    let mine = true;
    void call('clusters:authority', { sha256: stored }).then((answer) => {
      if (!mine) return;
      if (answer.ok) setFieldValue('authority', answer.value);
      else setError(answer.error);
    });
    return () => {
      mine = false;
    };
    // The function of the form is another one at every turn; what is stored is asked for once.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [stored]);
  const choose = async () => {
    setError(null);
    const answer = await call('clusters:chooseAuthority', {});
    if (!answer.ok) setError(answer.error);
    else if (answer.value.authority !== null) {
      setFieldValue('authority', answer.value.authority);
      form.clearFieldError('trust');
    }
  };
  return (
    <Stack gap="xs" mt="sm" ml={28}>
      <Group gap="sm" wrap="nowrap">
        <Button
          variant="default"
          size="xs"
          leftSection={<IconCertificate size={16} />}
          onClick={() => void choose()}
        >
          {authority === null ? 'Choose its certificate…' : 'Choose another…'}
        </Button>
        {authority === null && (
          <Text size="xs" c="dimmed">
            A PEM file, such as /etc/pve/pve-root-ca.pem of a node
          </Text>
        )}
      </Group>
      {authority !== null && (
        <div>
          <Text size="sm">
            {authority.subject}, until {formatMoment(authority.notAfterMs)}
          </Text>
          <Text size="xs">
            <Fingerprint sha256={authority.sha256} />
          </Text>
        </div>
      )}
      {error !== null && <ErrorNotice error={error} />}
    </Stack>
  );
}
