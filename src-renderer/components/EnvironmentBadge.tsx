import { Badge } from '@mantine/core';
import type { Environment } from '../../src-preload/contract/hosts';

export const environmentColours: Environment['colour'][] = [
  'gray',
  'blue',
  'teal',
  'green',
  'yellow',
  'orange',
  'red',
  'violet',
];

/** The wrong-host guard in small: same label and colour everywhere a host is named. */
export function EnvironmentBadge({ environment }: { environment: Environment }) {
  return (
    <Badge
      size="sm"
      radius="sm"
      variant="light"
      color={environment.colour}
      tt="none"
      title={environment.production ? 'Production: asks for its name' : undefined}
      styles={{ label: { fontWeight: 600 } }}
      className={`environment environment-${environment.colour}`}
    >
      {environment.label}
    </Badge>
  );
}

export function environmentColour(environment: Environment): string {
  return `var(--mantine-color-${environment.colour}-6)`;
}
