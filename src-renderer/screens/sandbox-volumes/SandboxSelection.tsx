import { Button, Group, Text } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { plural } from '../../format/bytes-format';
import { loadOffers, startOffers } from '../../stores/offers-store';
import type { VolumeRow } from './sandbox-rows';

interface Part {
  key: string;
  hostId: string;
  hostName: string;
  rows: VolumeRow[];
}

/** One part per host and kind: each is a plan of its own, since a confirmation names one host. */
function partsOf(rows: readonly VolumeRow[]): Part[] {
  const parts = new Map<string, Part>();
  for (const row of rows) {
    const key = `${row.host.id} ${row.volume.driver}`;
    const part = parts.get(key);
    if (part === undefined)
      parts.set(key, { key, hostId: row.host.id, hostName: row.host.name, rows: [row] });
    else part.rows.push(row);
  }
  return [...parts.values()];
}

/** Asks the core how each is removed. @returns why there is no plan to ask for; null: it was asked for */
async function planRemove({ hostId, rows }: Part): Promise<string | null> {
  const answers = await Promise.all(
    rows.map(({ volume }) => loadOffers(hostId, { kind: 'sandbox-volume', volumeId: volume.id })),
  );
  const offers = answers.flatMap((answer) =>
    answer.status === 'ready'
      ? answer.offers.filter(({ group, fields }) => group === 'destroy' && fields.length === 0).slice(0, 1)
      : [],
  );
  const [first, ...rest] = offers.filter(({ excuse }) => excuse === null);
  if (first === undefined) {
    return offers[0]?.excuse ?? 'None of them can be removed from here. Refresh the host.';
  }
  startOffers(
    hostId,
    first,
    rest.filter(({ action }) => action === first.action),
  );
  return null;
}

/** What is ticked, and one way on per host. */
export function SandboxSelection({ rows, onClear }: { rows: readonly VolumeRow[]; onClear: () => void }) {
  const [problem, setProblem] = useState<string | null>(null);
  if (rows.length === 0) return null;
  return (
    <div className="panel" role="region" aria-label="Selection" style={{ padding: '8px 14px' }}>
      <Group gap="sm">
        <Text size="sm" fw={600} className="numeric">
          {plural(rows.length, 'volume')} selected
        </Text>
        <div style={{ flex: 1 }} />
        {problem !== null && (
          <Text size="sm" c="var(--hf-warning)" role="alert">
            {problem}
          </Text>
        )}
        {partsOf(rows).map((part) => (
          <Button
            key={part.key}
            size="compact-sm"
            color="red"
            variant="light"
            leftSection={<IconTrash size={14} />}
            onClick={() => void planRemove(part).then(setProblem)}
          >
            {`Remove ${part.rows.length} on ${part.hostName}…`}
          </Button>
        ))}
        <Button
          size="compact-sm"
          variant="subtle"
          color="gray"
          onClick={() => {
            setProblem(null);
            onClear();
          }}
        >
          Clear
        </Button>
      </Group>
    </div>
  );
}
