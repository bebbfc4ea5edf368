import { Badge } from '@mantine/core';
import type { Environment } from '../../src-preload/contract/hosts';

/** The wrong-host guard in small: same label and colour everywhere a host is named. */
export function EnvironmentBadge({ environment }: { environment: Environment }) {
  return (
    <Badge
      size="sm"
      radius="sm"
      variant="light"
      color={environment.colour}
      tt="none"
      title={environment.production ? 'Production: asks for the host’s name' : undefined}
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
