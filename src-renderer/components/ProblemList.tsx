import { Button, Text } from '@mantine/core';
import type { HostProblem } from '../../src-preload/contract/hosts';
import { useState, type ReactNode } from 'react';
import { HealthMark } from './HealthMark';

export interface PlacedProblem extends HostProblem {
  /** Where it is: a link to the host. */
  place?: ReactNode;
}

/** Trouble, worst first, each with what to do about it. */
export function ProblemList({
  problems,
  shown = Infinity,
}: {
  problems: readonly PlacedProblem[];
  /** How many before the rest is folded away. */
  shown?: number;
}) {
  const [all, setAll] = useState(false);
  const ordered = [...problems].sort((a, b) =>
    a.severity === b.severity ? 0 : a.severity === 'critical' ? -1 : 1,
  );
  return (
    <ul style={{ listStyle: 'none', margin: 0, padding: 0 }}>
      {(all ? ordered : ordered.slice(0, shown)).map((problem, index) => (
        <li
          key={index}
          style={{
            display: 'grid',
            gridTemplateColumns: '20px minmax(0, 1fr) auto',
            gap: '2px 10px',
            padding: '10px 16px',
            borderTop: index === 0 ? undefined : '1px solid var(--hf-border)',
          }}
        >
          <span style={{ paddingTop: 2 }}>
            <HealthMark health={problem.severity} />
          </span>
          <div style={{ minWidth: 0 }}>
            <Text size="sm" fw={500} style={{ overflowWrap: 'anywhere' }}>
              {problem.text}
            </Text>
            <Text size="xs" c="dimmed">
              {problem.advice}
            </Text>
          </div>
          <div>{problem.place}</div>
        </li>
      ))}
      {ordered.length > shown && (
        <li style={{ padding: '6px 10px', borderTop: '1px solid var(--hf-border)' }}>
          <Button variant="subtle" size="compact-xs" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? 'Show fewer' : `Show all ${ordered.length}`}
          </Button>
        </li>
      )}
    </ul>
  );
}
