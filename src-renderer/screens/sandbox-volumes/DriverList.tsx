import { Group, Stack, Text } from '@mantine/core';
import type { Health } from '../../../src-preload/contract/hosts';
import { EnvironmentBadge } from '../../components/EnvironmentBadge';
import { HealthMark } from '../../components/HealthMark';
import { OfferMenu } from '../../components/OfferMenu';
import type { DriverRow } from './sandbox-rows';

function healthOf({ error, available, problems = [] }: DriverRow['status']): Health {
  if (error !== null) return available ? 'critical' : 'unknown';
  return problems.length === 0 ? 'ok' : 'warning';
}

/** What there is for sandbox volumes on each host, what can be made there, and how to get what is missing. */
export function DriverList({ rows }: { rows: readonly DriverRow[] }) {
  if (rows.length === 0) return null;
  return (
    <section className="panel" aria-label="Where sandbox volumes can be" style={{ padding: '4px 0' }}>
      {rows.map(({ key, host, status }) => (
        <Group key={key} gap="sm" px={16} py={6} wrap="nowrap" align="flex-start">
          <span style={{ paddingTop: 2 }}>
            <HealthMark health={healthOf(status)} />
          </span>
          <Group gap={8} w={300} wrap="nowrap" style={{ flex: 'none' }}>
            <Text size="sm" fw={500} className="truncate">
              {status.title}
            </Text>
            <Text size="sm" c="dimmed" className="mono">
              {status.version ?? ''}
            </Text>
            <Text size="sm" c="dimmed" className="truncate">
              on {host.name}
            </Text>
            <EnvironmentBadge environment={host.environment} />
          </Group>
          <Stack gap={0} style={{ flex: 1, minWidth: 0 }}>
            {status.error !== null ? (
              <>
                <Text size="sm">{status.error.message}</Text>
                <Text size="xs" c="dimmed">
                  {status.error.remedy ?? status.howToInstall}
                </Text>
              </>
            ) : (
              <>
                {(status.problems ?? []).map(({ text, advice }) => (
                  <div key={text}>
                    <Text size="sm">{text}</Text>
                    <Text size="xs" c="dimmed">
                      {advice}
                    </Text>
                  </div>
                ))}
                <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                  {status.facts.map(({ label, text }) => `${label}: ${text}`).join(' · ')}
                </Text>
              </>
            )}
          </Stack>
          {status.available && (
            <OfferMenu
              hostId={host.id}
              subject={{ kind: 'sandbox-host', driver: status.driver }}
              label={`New with ${status.title} on ${host.name}`}
              words="New"
            />
          )}
        </Group>
      ))}
    </section>
  );
}
