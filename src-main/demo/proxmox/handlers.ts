import { accessHandlers } from './access-calls';
import { agentHandlers } from './agent';
import { backupJobHandlers } from './backup-jobs';
import { bulkHandlers } from './bulk';
import type { Handlers } from './call';
import { cephHandlers } from './ceph';
import { clusterHandlers } from './cluster-calls';
import { consoleHandlers } from './console';
import { firewallHandlers } from './firewall';
import { guestConfigHandlers } from './guest-config';
import { guestHandlers } from './guests';
import { haHandlers } from './ha';
import { lifecycleHandlers } from './guest-lifecycle';
import { nodeCertificateHandlers } from './node-certificates';
import { nodeHandlers } from './nodes';
import { poolHandlers } from './pools';
import { powerHandlers } from './power';
import { pruneHandlers } from './prune';
import { fileRestoreHandlers } from './file-restore';
import { remoteMigrateHandlers } from './remote-migrate';
import { replicationHandlers } from './replication';
import { rrdHandlers } from './rrd';
import { sdnHandlers } from './sdn';
import { snapshotHandlers } from './snapshots';
import { storageHandlers } from './storage';
import { taskHandlers } from './task-calls';
import { vzdumpHandlers } from './vzdump';

/** Every call that the demo models; what the API has besides answers 501. */
export const handlers: Handlers = {
  ...accessHandlers,
  ...agentHandlers,
  ...backupJobHandlers,
  ...bulkHandlers,
  ...cephHandlers,
  ...clusterHandlers,
  ...consoleHandlers,
  ...firewallHandlers,
  ...guestConfigHandlers,
  ...guestHandlers,
  ...haHandlers,
  ...lifecycleHandlers,
  ...nodeHandlers,
  ...nodeCertificateHandlers,
  ...poolHandlers,
  ...powerHandlers,
  ...pruneHandlers,
  ...fileRestoreHandlers,
  ...remoteMigrateHandlers,
  ...replicationHandlers,
  ...rrdHandlers,
  ...sdnHandlers,
  ...snapshotHandlers,
  ...storageHandlers,
  ...taskHandlers,
  ...vzdumpHandlers,
};
