import { Alert, Anchor, Breadcrumbs, Button, Group, Progress, Text } from '@mantine/core';
import { IconCheck, IconFile, IconFolder, IconLink, IconQuestionMark } from '@tabler/icons-react';
import { formatBytes } from '../format/bytes-format';

const icons = { folder: IconFolder, file: IconFile, link: IconLink, other: IconQuestionMark } as const;

export function FileName({ name, kind }: { name: string; kind: keyof typeof icons }) {
  const Icon = icons[kind];
  return (
    <Group gap={8} wrap="nowrap">
      <Icon size={15} aria-label={kind} style={{ flex: 'none' }} />
      <span className="mono truncate" title={name}>
        {name}
      </span>
    </Group>
  );
}

/** Where one is, each step a way back. */
export function FolderPath({
  root,
  path,
  onOpen,
}: {
  /** What stands for the root. */
  root: string;
  path: readonly string[];
  onOpen: (path: readonly string[]) => void;
}) {
  return (
    <Breadcrumbs separatorMargin={4} aria-label="Folder" style={{ flexWrap: 'wrap', minWidth: 0, rowGap: 2 }}>
      <Anchor component="button" type="button" size="sm" onClick={() => onOpen([])}>
        {root}
      </Anchor>
      {path.map((part, index) => (
        <Anchor
          key={index}
          component="button"
          type="button"
          size="sm"
          className="mono truncate"
          maw={180}
          title={part}
          aria-current={index === path.length - 1 ? 'page' : undefined}
          onClick={() => onOpen(path.slice(0, index + 1))}
        >
          {part}
        </Anchor>
      ))}
    </Breadcrumbs>
  );
}

interface ShownTransfer {
  name: string;
  doneBytes: number;
  totalBytes: number;
  /** Left out: its speed is not told. */
  startedAtMs?: number;
}

/** A download on its way, or where the last one went. */
export function Transfers({
  transfer,
  saved,
  onCancel,
}: {
  transfer: ShownTransfer | null;
  saved: { displayPath: string; sizeBytes: number } | null;
  onCancel: () => void;
}) {
  if (transfer !== null) {
    const { name, doneBytes, totalBytes, startedAtMs } = transfer;
    const percent = totalBytes === 0 ? 0 : (100 * doneBytes) / totalBytes;
    return (
      <div className="panel" style={{ padding: '8px 12px' }} role="status">
        <Group gap="sm" wrap="nowrap">
          <Text size="sm" className="mono truncate" style={{ flex: 1 }}>
            {name}
          </Text>
          <Text size="xs" c="dimmed" className="numeric">
            {formatBytes(doneBytes)} of {formatBytes(totalBytes)}
            {startedAtMs !== undefined && <Speed doneBytes={doneBytes} startedAtMs={startedAtMs} />}
          </Text>
          <Button size="compact-xs" variant="default" onClick={onCancel}>
            Cancel
          </Button>
        </Group>
        <Progress value={percent} size={4} mt={6} aria-label={`Download of ${name}`} />
      </div>
    );
  }
  if (saved === null) return null;
  return (
    <Alert color="teal" variant="light" icon={<IconCheck size={16} />} role="status" py={8}>
      <Text size="sm" className="truncate" title={saved.displayPath}>
        Saved {formatBytes(saved.sizeBytes)} as {saved.displayPath}
      </Text>
    </Alert>
  );
}

function Speed({ doneBytes, startedAtMs }: { doneBytes: number; startedAtMs: number }) {
  // Drawn anew with each report, which is when there is another speed to show.
  // eslint-disable-next-line react-hooks/purity
  const seconds = (Date.now() - startedAtMs) / 1000;
  if (doneBytes === 0 || seconds < 0.5) return null;
  return <> · {formatBytes(Math.round(doneBytes / seconds))}/s</>;
}
