import { Group, SimpleGrid, Stack, Text, ThemeIcon, Title, UnstyledButton } from '@mantine/core';
import {
  IconAnchor,
  IconClipboardList,
  IconEye,
  IconFingerprint,
  IconServer2,
  IconServerBolt,
  IconTopologyStar3,
} from '@tabler/icons-react';
import { useState } from 'react';
import type { WireError } from '../../../src-preload/contract/result';
import { call } from '../../api';
import { ErrorNotice } from '../../components/ErrorNotice';
import { openClusterForm } from '../../stores/clusters-store';
import { openHostDialog } from '../../stores/dialog-store';

const promises = [
  {
    icon: IconEye,
    title: 'Nothing runs that was not shown',
    text: 'Every change is a plan with the exact commands and what they cost. You confirm it in a native dialog.',
  },
  {
    icon: IconFingerprint,
    title: 'The right host, or none',
    text: 'Host keys are pinned. No password or key leaves this laptop before the host has proved itself.',
  },
  {
    icon: IconClipboardList,
    title: 'Nothing runs unrecorded',
    text: 'A local, tamper-evident audit per host is written before and after each change, readable offline.',
  },
] as const;

/** First start: what can be opened, and why to trust it. */
export function Welcome() {
  const [error, setError] = useState<WireError | null>(null);
  const [opening, setOpening] = useState(false);
  const openDemo = async () => {
    setOpening(true);
    const answer = await call('app:openDemo', {});
    setOpening(false);
    if (!answer.ok) setError(answer.error);
  };
  return (
    <Stack maw={980} mx="auto" px="xl" py={56} gap={36}>
      <Stack gap={10}>
        <IconAnchor size={38} color="var(--mantine-primary-color-filled)" aria-hidden />
        <Title order={1} fz={28}>
          Welcome to Holdfast
        </Title>
        <Text c="dimmed" maw={560}>
          All your servers, from this laptop: storage over SSH, guests of Proxmox VE over its API, with every
          change planned, confirmed and recorded.
        </Text>
      </Stack>
      {error !== null && <ErrorNotice error={error} />}
      <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="lg">
        <UnstyledButton className="panel choice" onClick={() => void openDemo()} aria-busy={opening}>
          <ThemeIcon size={42} radius="md" variant="light" color="violet">
            <IconTopologyStar3 size={24} />
          </ThemeIcon>
          <Title order={2}>{opening ? 'Starting the demo fleet…' : 'Explore the demo fleet'}</Title>
          <Text size="sm" c="dimmed">
            Six simulated storage hosts and two Proxmox VE clusters on this computer, in a profile of their
            own. Take, roll back and destroy snapshots without any risk.
          </Text>
        </UnstyledButton>
        <UnstyledButton className="panel choice" onClick={() => openHostDialog(null)}>
          <ThemeIcon size={42} radius="md" variant="light">
            <IconServerBolt size={24} />
          </ThemeIcon>
          <Title order={2}>Add your first host</Title>
          <Text size="sm" c="dimmed">
            Any Linux host with SSH: ZFS, LVM, mdadm, btrfs and its disks. It starts at “View”, and the whole
            app is read-only until you say otherwise.
          </Text>
        </UnstyledButton>
        <UnstyledButton className="panel choice" onClick={() => openClusterForm(null)}>
          <ThemeIcon size={42} radius="md" variant="light" color="orange">
            <IconServer2 size={24} />
          </ThemeIcon>
          <Title order={2}>Add your first cluster</Title>
          <Text size="sm" c="dimmed">
            Proxmox VE 7.4 or newer, with an API token or a password. You compare the certificate of each node
            before either is sent.
          </Text>
        </UnstyledButton>
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="xl">
        {promises.map(({ icon: Icon, title, text }) => (
          <Group key={title} align="flex-start" wrap="nowrap" gap="sm">
            <Icon
              size={20}
              style={{ flex: 'none', marginTop: 1 }}
              color="var(--mantine-primary-color-filled)"
              aria-hidden
            />
            <div>
              <Text size="sm" fw={600}>
                {title}
              </Text>
              <Text size="xs" c="dimmed" mt={2}>
                {text}
              </Text>
            </div>
          </Group>
        ))}
      </SimpleGrid>
    </Stack>
  );
}
