import { Button, Group, Modal, Stack, Stepper, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useLocation } from 'wouter';
import type { Cluster } from '../../../src-preload/contract/clusters';
import type { AccessLevel } from '../../../src-preload/contract/hosts';
import type { WireError } from '../../../src-preload/contract/result';
import { call } from '../../api';
import { ErrorNotice } from '../../components/ErrorNotice';
import { TargetFields } from '../../components/TargetFields';
import {
  closeClusterForm,
  loadClusters,
  refreshCluster,
  useClustersStore,
} from '../../stores/clusters-store';
import { complaintsOf, initialValues, secretOf, settingsOf, type ClusterFormValues } from './cluster-form';
import { ConnectionTest, isTrusted, LookedAt, type Looked } from './ClusterIdentity';
import { ClusterLoginFields } from './ClusterLogin';
import { ClusterTrustFields } from './ClusterTrust';

/** Add or edit a cluster: where its nodes are and as whom we come, then whether they are the right ones. */
export function ClusterDialog() {
  const form = useClustersStore((state) => state.form);
  return (
    <Modal
      opened={form !== null}
      onClose={closeClusterForm}
      title={form?.cluster === null ? 'Add a Proxmox VE cluster' : `Edit ${form?.cluster?.name ?? 'cluster'}`}
      size={660}
      closeOnClickOutside={false}
    >
      {form !== null && <ClusterForm key={form.cluster?.id ?? 'new'} cluster={form.cluster} />}
    </Modal>
  );
}

const access: Record<AccessLevel, { title: string; text: string }> = {
  view: { title: 'View', text: 'Reads only. Nothing can be changed from this laptop.' },
  operate: { title: 'Operate', text: 'May also start and stop guests and take snapshots.' },
  administer: { title: 'Administer', text: 'May also roll back and delete, after confirmation.' },
};

function ClusterForm({ cluster }: { cluster: Cluster | null }) {
  const [step, setStep] = useState(0);
  const [looked, setLooked] = useState<readonly Looked[]>([]);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<WireError | null>(null);
  const [, go] = useLocation();
  const form = useForm<ClusterFormValues>({
    initialValues: initialValues(cluster),
    validate: complaintsOf(cluster),
  });
  const { values } = form;
  const settings = settingsOf(values);
  const trust = settings?.trust ?? 'pin';

  const look = async () => {
    const all = settings?.endpoints ?? [];
    setLooked(all.map((endpoint) => ({ endpoint, asking: true })));
    await Promise.all(
      all.map(async (endpoint, index) => {
        const answer = await call('clusters:probeCertificate', {
          ...endpoint,
          ...(typeof trust === 'object' ? { authority: trust.authority } : {}),
        });
        const found: Looked = answer.ok
          ? { endpoint, probe: answer.value }
          : { endpoint, error: answer.error };
        setLooked((before) => before.map((each, place) => (place === index ? found : each)));
      }),
    );
  };
  const next = form.onSubmit(() => {
    setStep(1);
    setError(null);
    void look();
  });
  const trusted = looked.some((each) => isTrusted(each, trust));
  const save = async () => {
    if (settings === null) return;
    const secret = secretOf(values);
    setBusy(true);
    const answer =
      cluster === null
        ? await call('clusters:add', { settings, secret })
        : await call('clusters:update', { clusterId: cluster.id, settings, secret });
    setBusy(false);
    if (!answer.ok) {
      setError(answer.error);
      return;
    }
    form.setFieldValue('secret', '');
    closeClusterForm();
    await loadClusters();
    go(`/clusters/${answer.value.id}`);
    void refreshCluster(answer.value.id);
  };

  return (
    <Stack gap="lg">
      <Stepper
        active={step}
        size="xs"
        allowNextStepsSelect={false}
        onStepClick={(index) => index < step && setStep(index)}
      >
        <Stepper.Step label="Cluster" description="Its nodes and a login" />
        <Stepper.Step label="Identity" description="Are they the right ones" />
      </Stepper>
      {step === 0 && (
        <form onSubmit={next}>
          <Stack gap="md">
            <TextInput label="Name" placeholder="atlas" data-autofocus {...form.getInputProps('name')} />
            <Textarea
              label="Nodes"
              description="One a line. Any of them answers for the whole cluster; the others are asked where one is down. Port 8006 unless said otherwise."
              placeholder={'pve1.example.net\npve2.example.net:8006'}
              autosize
              minRows={2}
              maxRows={6}
              spellCheck={false}
              {...form.getInputProps('nodes')}
            />
            <ClusterLoginFields form={form} cluster={cluster} endpoint={settings?.endpoints[0] ?? null} />
            <ClusterTrustFields form={form} cluster={cluster} />
            <TargetFields
              kind="cluster"
              access={access}
              most={cluster?.most}
              input={(field, options) => form.getInputProps(field, options)}
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={closeClusterForm}>
                Cancel
              </Button>
              <Button type="submit">Check the nodes’ identity</Button>
            </Group>
          </Stack>
        </form>
      )}
      {step === 1 && (
        <Stack gap="md">
          {looked.map((each) => (
            <LookedAt
              key={`${each.endpoint.address}:${each.endpoint.port}`}
              looked={each}
              trust={trust}
              onTrusted={() => void look()}
            />
          ))}
          {settings !== null && (
            <ConnectionTest cluster={cluster} settings={settings} secret={secretOf(values)} ready={trusted} />
          )}
          {error !== null && <ErrorNotice error={error} />}
          <Group justify="space-between">
            <Button variant="default" onClick={() => setStep(0)}>
              Back
            </Button>
            <Group gap="sm">
              <Button variant="default" onClick={() => void look()}>
                Look again
              </Button>
              {/* A node that is down may be trusted later; one that answers as another must not be saved over. */}
              <Button loading={busy} disabled={!trusted} onClick={() => void save()}>
                {cluster === null ? 'Add and connect' : 'Save and connect'}
              </Button>
            </Group>
          </Group>
        </Stack>
      )}
    </Stack>
  );
}
