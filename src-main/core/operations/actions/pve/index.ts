import type { PveActionId } from '../../../../../src-preload/contract/operations';
import type { ApiStepDraft } from '../../action';
import type { BoundAction } from '../../bound-action';
import { backupActions } from './backup';
import { agentActions } from './agent';
import { cloudInitActions } from './cloud-init';
import { certificateActions } from './certificates';
import { configureActions } from './configure';
import { consoleActions } from './console';
import { createActions } from './create';
import { optionActions } from './guest-options';
import { diskActions } from './disks';
import { firewallActions } from './firewall';
import { haActions } from './high-availability';
import { jobActions } from './jobs';
import { nodeActions } from './nodes';
import { remoteMigrateActions } from './remote-migrate';
import { replicationActions } from './replication';
import { restoreActions } from './restore';
import { selfTestActions } from './self-test';
import { sdnActions } from './sdn';
import { taskActions } from './tasks';
import { uploadActions } from './upload';
import { volumeActions } from './volumes';
import { lifecycleActions } from './lifecycle';
import { powerActions } from './power';
import { snapshotActions } from './snapshots';

/** Every action on a cluster, by its id: `tsc` fails when the contract names one that is not here. */
export const apiActions: Readonly<Record<PveActionId, BoundAction<ApiStepDraft>>> = {
  ...powerActions,
  ...lifecycleActions,
  ...configureActions,
  ...selfTestActions,
  ...backupActions,
  ...snapshotActions,
  ...volumeActions,
  ...uploadActions,
  ...taskActions,
  ...sdnActions,
  ...restoreActions,
  ...replicationActions,
  ...nodeActions,
  ...certificateActions,
  ...jobActions,
  ...haActions,
  ...firewallActions,
  ...diskActions,
  ...createActions,
  ...consoleActions,
  ...agentActions,
  ...cloudInitActions,
  ...optionActions,
  ...remoteMigrateActions,
};
