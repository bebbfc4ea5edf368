import { Alert, Button, Group, Stack, Text, Tooltip } from '@mantine/core';
import { IconFileAlert } from '@tabler/icons-react';
import { useEffect } from 'react';
import type { CutOffTransfer } from '../../src-preload/contract/files';
import { formatBytes } from '../format/bytes-format';
import { deletePart, followCutOff, useCutOffStore } from '../stores/cut-off-store';
import { openPlan } from '../stores/plan-store';
import { Age } from './Age';
import { ErrorNotice } from './ErrorNotice';

/**
 * What transfers left behind that were cut off, each with what can be done about it. Nothing is drawn where there is
 * none.
 *
 * @param of which of them belong here
 * @param excuseOf why a part on that host cannot be deleted now; null: it can be
 */
export function CutOffTransfers({
  of = () => true,
  excuseOf = () => null,
}: {
  of?: (transfer: CutOffTransfer) => boolean;
  excuseOf?: (hostId: string) => string | null;
}) {
  const all = useCutOffStore((state) => state.transfers);
  const error = useCutOffStore((state) => state.error);
  useEffect(followCutOff, []);
  const transfers = all.filter(of);
  const notice = error === null ? null : <ErrorNotice error={error} />;
  if (transfers.length === 0) return notice;
  return (
    <>
      {notice}
      <Alert
        color="yellow"
        variant="light"
        icon={<IconFileAlert size={18} />}
        py={8}
        title="Left behind by transfers that were cut off"
        role="region"
        aria-label="Left behind by transfers that were cut off"
      >
        <Stack gap={6}>
          {transfers.map((transfer) => (
            <Group key={transfer.id} gap="sm" wrap="nowrap" align="flex-start" justify="space-between">
              <div style={{ minWidth: 0 }}>
                <Text size="sm" className="mono" style={{ overflowWrap: 'anywhere' }}>
                  {transfer.partPath}
                </Text>
                <Text size="xs" c="dimmed">
                  {placeOf(transfer)} · <Found transfer={transfer} /> · begun{' '}
                  <Age atMs={transfer.startedAtMs} />
                </Text>
              </div>
              <Clean
                transfer={transfer}
                excuse={transfer.side === 'host' ? excuseOf(transfer.hostId) : null}
              />
            </Group>
          ))}
        </Stack>
      </Alert>
    </>
  );
}

const placeOf = ({ side, hostName }: CutOffTransfer): string =>
  side === 'host' ? `on ${hostName}` : `on this computer, from ${hostName}`;

function Found({ transfer: { found, side, hostName } }: { transfer: CutOffTransfer }) {
  if (found !== null) return <>{formatBytes(found.sizeBytes)}, no whole file</>;
  return side === 'host' ? (
    <>not looked for yet: connect {hostName}</>
  ) : (
    <>not looked for: its folder is not there now</>
  );
}

function Clean({ transfer, excuse }: { transfer: CutOffTransfer; excuse: string | null }) {
  const { id, side, hostId, found, remove, partPath } = transfer;
  const why =
    found === null
      ? 'Nobody knows yet whether it is still there.'
      : side === 'host' && remove === null
        ? 'It lies in no volume that can be named: delete it on the host.'
        : excuse;
  const run = (): void => {
    if (side === 'laptop') void deletePart(id);
    else if (remove !== null) void openPlan({ hostId, ...remove });
  };
  return (
    <Tooltip label={why} disabled={why === null} multiline maw={280}>
      <Button
        size="compact-sm"
        variant="default"
        style={{ flex: 'none' }}
        aria-label={`Delete ${partPath}`}
        data-disabled={why !== null || undefined}
        aria-disabled={why !== null}
        onClick={why === null ? run : undefined}
      >
        Delete…
      </Button>
    </Tooltip>
  );
}
