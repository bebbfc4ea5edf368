const width = 120;
const height = 28;
const line = 1.5;

/** Fill in percent over time, 0 at the bottom and 100 at the top, so that two of them can be compared. */
export function Sparkline({
  points,
  label,
}: {
  points: readonly { atMs: number; percent: number }[];
  label: string;
}) {
  const first = points[0]?.atMs ?? 0;
  const span = (points.at(-1)?.atMs ?? 0) - first;
  const x = (atMs: number) => (span <= 0 ? width : ((atMs - first) / span) * width);
  const y = (percent: number) => height - line - (percent / 100) * (height - 2 * line);
  const path = points.map(({ atMs, percent }) => `${x(atMs).toFixed(1)},${y(percent).toFixed(1)}`);
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      style={{ display: 'block', flex: 'none' }}
    >
      <line x1={0} x2={width} y1={y(100)} y2={y(100)} stroke="var(--hf-border)" strokeDasharray="3 3" />
      <line x1={0} x2={width} y1={y(0)} y2={y(0)} stroke="var(--hf-border)" />
      {path.length > 1 && (
        <polyline
          points={path.join(' ')}
          fill="none"
          stroke="var(--hf-fill)"
          strokeWidth={line}
          strokeLinejoin="round"
        />
      )}
      {points.length > 0 && (
        <circle cx={width - 2} cy={y(points.at(-1)?.percent ?? 0)} r={2} fill="var(--hf-fill)" />
      )}
    </svg>
  );
}
