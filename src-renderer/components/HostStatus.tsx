import { Badge, Tooltip } from '@mantine/core';
import type { HostState } from '../../src-preload/contract/hosts';
import { statusWords } from '../format/words-format';

const colours: Record<HostState['status'], string> = {
  online: 'teal',
  connecting: 'blue',
  'never-connected': 'gray',
  offline: 'gray',
  untrusted: 'red',
  'needs-credentials': 'orange',
  failed: 'red',
};

export function HostStatus({ state }: { state: HostState }) {
  const badge = (
    <Badge
      variant="dot"
      color={colours[state.status]}
      radius="sm"
      tt="none"
      size="sm"
      style={{ flex: 'none' }}
    >
      {statusWords[state.status]}
    </Badge>
  );
  return state.error === null ? badge : <Tooltip label={state.error.message}>{badge}</Tooltip>;
}
