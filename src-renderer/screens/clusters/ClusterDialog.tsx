import {
  Alert,
  Button,
  Checkbox,
  Group,
  Loader,
  Modal,
  PasswordInput,
  Radio,
  Select,
  Stack,
  Stepper,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconShieldCheck } from '@tabler/icons-react';
import { useState } from 'react';
import { useLocation } from 'wouter';
import type { Response } from '../../../src-preload/contract';
import type { Cluster, ClusterEndpoint, ClusterSettings } from '../../../src-preload/contract/clusters';
import type { AccessLevel, Environment } from '../../../src-preload/contract/hosts';
import type { WireError } from '../../../src-preload/contract/result';
import { call } from '../../api';
import { ErrorNotice } from '../../components/ErrorNotice';
import { environmentColours } from '../../components/EnvironmentBadge';
import {
  closeClusterForm,
  loadClusters,
  refreshCluster,
  useClustersStore,
} from '../../stores/clusters-store';
import { CertificateNotice } from './CertificateNotice';
import { parseEndpoints } from './endpoints';

/** Add or edit a cluster: where its nodes are and with which token, then whether they are the right ones. */
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

type Probe = Response<'clusters:probeCertificate'>;
type Looked = { endpoint: ClusterEndpoint } & ({ probe: Probe } | { error: WireError } | { asking: true });

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
  const form = useForm({
    initialValues: {
      name: cluster?.name ?? '',
      nodes: cluster?.endpoints.map(({ address, port }) => `${address}:${port}`).join('\n') ?? '',
      tokenId: cluster?.tokenId ?? '',
      secret: '',
      trust: cluster?.trust ?? ('pin' as ClusterSettings['trust']),
      label: cluster?.environment.label ?? 'Lab',
      colour: cluster?.environment.colour ?? ('blue' as Environment['colour']),
      production: cluster?.environment.production ?? false,
      accessLevel: cluster?.accessLevel ?? ('view' as AccessLevel),
    },
    validate: {
      name: (value) => (value.trim() === '' ? 'Give it the name you know it by' : null),
      nodes: (value) => {
        const read = parseEndpoints(value);
        return 'complaint' in read ? read.complaint : null;
      },
      tokenId: (value) =>
        /^[^\s!:/]+@[A-Za-z][A-Za-z0-9._-]*![A-Za-z][A-Za-z0-9._-]*$/.test(value.trim())
          ? null
          : 'As user@realm!token, such as holdfast@pve!laptop',
      secret: (value) =>
        cluster === null && value.trim() === '' ? 'Proxmox VE shows it once, when the token is made' : null,
      label: (value) => (value.trim() === '' || value.length > 24 ? '1 to 24 characters' : null),
    },
  });
  const { values } = form;
  const endpoints = (): ClusterEndpoint[] => {
    const read = parseEndpoints(values.nodes);
    return 'complaint' in read ? [] : read.endpoints;
  };

  const look = async () => {
    const all = endpoints();
    setLooked(all.map((endpoint) => ({ endpoint, asking: true })));
    await Promise.all(
      all.map(async (endpoint, index) => {
        const answer = await call('clusters:probeCertificate', endpoint);
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
  const trusted = (each: Looked): boolean =>
    'probe' in each &&
    (values.trust === 'system' ? each.probe.systemTrusted : each.probe.status === 'trusted');
  const save = async () => {
    const settings: ClusterSettings = {
      name: values.name.trim(),
      endpoints: endpoints(),
      tokenId: values.tokenId.trim(),
      trust: values.trust,
      environment: { label: values.label.trim(), colour: values.colour, production: values.production },
      accessLevel: values.accessLevel,
    };
    const secret = values.secret.trim() === '' ? null : values.secret.trim();
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
        <Stepper.Step label="Cluster" description="Its nodes and a token" />
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
            <Group grow align="flex-start">
              <TextInput
                label="API token"
                placeholder="holdfast@pve!laptop"
                spellCheck={false}
                {...form.getInputProps('tokenId')}
              />
              <PasswordInput
                label="Its secret"
                placeholder={cluster === null ? undefined : 'Leave empty to keep the stored one'}
                autoComplete="off"
                {...form.getInputProps('secret')}
              />
            </Group>
            <Radio.Group label="How do the nodes prove themselves?" {...form.getInputProps('trust')}>
              <Stack gap={6} mt={6}>
                <Radio
                  value="pin"
                  label="By their pinned certificates"
                  description="You compare each fingerprint once. Right for the certificates that Proxmox VE makes itself."
                />
                <Radio
                  value="system"
                  label="By the certificate authorities of this system"
                  description="Right where every node has a certificate for its name, such as by ACME."
                />
              </Stack>
            </Radio.Group>
            <Group align="flex-end" wrap="nowrap">
              <TextInput
                label="Environment"
                style={{ flex: 1 }}
                maxLength={24}
                {...form.getInputProps('label')}
              />
              <Select w={130} label="Colour" data={environmentColours} {...form.getInputProps('colour')} />
              <Checkbox
                pb={9}
                label="Production: ask for the cluster’s name"
                {...form.getInputProps('production', { type: 'checkbox' })}
              />
            </Group>
            <Radio.Group label="What may this laptop do there?" {...form.getInputProps('accessLevel')}>
              <Stack gap={6} mt={6}>
                {(['view', 'operate', 'administer'] as const).map((level) => (
                  <Radio
                    key={level}
                    value={level}
                    label={access[level].title}
                    description={access[level].text}
                  />
                ))}
              </Stack>
            </Radio.Group>
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
              bySystem={values.trust === 'system'}
              onTrusted={() => void look()}
            />
          ))}
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
              <Button loading={busy} disabled={!looked.some(trusted)} onClick={() => void save()}>
                {cluster === null ? 'Add and connect' : 'Save and connect'}
              </Button>
            </Group>
          </Group>
        </Stack>
      )}
    </Stack>
  );
}

function LookedAt({
  looked,
  bySystem,
  onTrusted,
}: {
  looked: Looked;
  bySystem: boolean;
  onTrusted: () => void;
}) {
  const { endpoint } = looked;
  const where = `${endpoint.address}:${endpoint.port}`;
  if ('asking' in looked) {
    return (
      <Group gap="sm">
        <Loader size="sm" />
        <Text size="sm">Asking {where} for its certificate. No token is sent.</Text>
      </Group>
    );
  }
  if ('error' in looked)
    return <ErrorNotice error={looked.error} quiet={looked.error.code === 'unreachable'} />;
  const { status, offered, known, systemTrusted } = looked.probe;
  if (bySystem ? systemTrusted : status === 'trusted') {
    return (
      <Alert color="teal" icon={<IconShieldCheck size={18} />} title={`${where} is who it says`}>
        <Text size="sm" className="mono" style={{ overflowWrap: 'anywhere' }}>
          {offered.sha256}
        </Text>
      </Alert>
    );
  }
  if (bySystem) {
    return (
      <Alert color="red" title={`${where} is not vouched for`}>
        <Text size="sm">
          No certificate authority of this system signed its certificate for that name ({offered.subject},
          issued by {offered.issuer}). Go back and pin it instead.
        </Text>
      </Alert>
    );
  }
  return <CertificateNotice endpoint={endpoint} offered={offered} known={known} onTrusted={onTrusted} />;
}
