import { Modal } from '@mantine/core';
import type { Cluster } from '../../../src-preload/contract/clusters';
import { HealthReport } from './HealthReport';
import { Permissions } from './Permissions';
import { RootTasks } from './RootTasks';

export type ClusterCheck = 'permissions' | 'health' | 'root';

const titles: Readonly<Record<ClusterCheck, (cluster: Cluster) => string>> = {
  permissions: ({ name, login }) => `What the ${login.kind === 'token' ? 'token' : 'user'} may do on ${name}`,
  health: ({ name }) => `Health of ${name}`,
  root: ({ name }) => `What needs root on the nodes of ${name}`,
};

/** What one asks of a cluster as a whole; each reads when it is opened, and changes nothing there. */
export function ClusterChecks({
  cluster,
  check,
  onClose,
}: {
  cluster: Cluster;
  check: ClusterCheck | null;
  onClose: () => void;
}) {
  return (
    <Modal
      opened={check !== null}
      onClose={onClose}
      title={check === null ? '' : titles[check](cluster)}
      size={760}
    >
      {check === 'permissions' && <Permissions cluster={cluster} />}
      {check === 'health' && <HealthReport cluster={cluster} />}
      {check === 'root' && <RootTasks cluster={cluster} />}
    </Modal>
  );
}
