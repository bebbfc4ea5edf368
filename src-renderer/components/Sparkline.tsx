const height = 28;
const line = 1.5;

/** null: a gap. */
export interface SparkPoint {
  atMs: number;
  percent: number | null;
}

/** Fill in percent over time, 0 at the bottom and 100 at the top, so that two of them can be compared. */
export function Sparkline({
  points,
  label,
  width = 120,
}: {
  points: readonly SparkPoint[];
  label: string;
  width?: number;
}) {
  const first = points[0]?.atMs ?? 0;
  const span = (points.at(-1)?.atMs ?? 0) - first;
  const x = (atMs: number) => (span <= 0 ? width : ((atMs - first) / span) * width);
  const y = (percent: number) => height - line - (percent / 100) * (height - 2 * line);
  const lines: string[][] = [[]];
  for (const { atMs, percent } of points) {
    if (percent === null) lines.push([]);
    else lines.at(-1)?.push(`${x(atMs).toFixed(1)},${y(percent).toFixed(1)}`);
  }
  const last = points.at(-1)?.percent ?? null;
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
      {lines
        .filter((path) => path.length > 1)
        .map((path) => (
          <polyline
            key={path[0]}
            points={path.join(' ')}
            fill="none"
            stroke="var(--hf-fill)"
            strokeWidth={line}
            strokeLinejoin="round"
          />
        ))}
      {last !== null && <circle cx={width - 2} cy={y(last)} r={2} fill="var(--hf-fill)" />}
    </svg>
  );
}
