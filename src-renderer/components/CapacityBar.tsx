import { Text } from '@mantine/core';
import { formatBytes, formatPercent, usedPercent } from '../format/bytes-format';

function colourOf(percent: number, warnAt: number): string {
  if (percent >= 95) return 'var(--hf-critical)';
  if (percent >= warnAt) return 'var(--hf-warning)';
  return 'var(--hf-fill)';
}

/** A labelled fill bar. `warnAt` percent turns it amber, 95 red. */
export function FillBar({
  percent,
  label,
  warnAt = 80,
}: {
  percent: number | null;
  label: string;
  warnAt?: number;
}) {
  // A meter has to have a value.
  if (percent === null) return <div className="capacity" role="img" aria-label={`${label}: not known`} />;
  return (
    <div
      className="capacity"
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(percent)}
      aria-valuetext={formatPercent(percent)}
    >
      <span style={{ width: `${Math.max(percent, 0.6)}%`, background: colourOf(percent, warnAt) }} />
    </div>
  );
}

export function CapacityBar({
  usedBytes,
  sizeBytes,
  label = 'Capacity used',
}: {
  usedBytes: number;
  sizeBytes: number;
  label?: string;
}) {
  const percent = usedPercent(usedBytes, sizeBytes);
  return (
    <div style={{ display: 'flex', flexDirection: 'column', gap: 5 }}>
      <div style={{ display: 'flex', justifyContent: 'space-between', gap: 8 }}>
        <Text size="xs" c="dimmed" className="numeric">
          {percent === null ? 'No capacity known' : `${formatBytes(usedBytes)} of ${formatBytes(sizeBytes)}`}
        </Text>
        <Text size="xs" fw={600} className="numeric">
          {formatPercent(percent)}
        </Text>
      </div>
      <FillBar percent={percent} label={label} />
    </div>
  );
}
