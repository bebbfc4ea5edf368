import type { PveActionId } from '../../../../../src-preload/contract/operations';
import type { ApiStepDraft } from '../../action';
import type { BoundAction } from '../../bound-action';
import { backupActions } from './backup';
import { configureActions } from './configure';
import { lifecycleActions } from './lifecycle';
import { powerActions } from './power';
import { snapshotActions } from './snapshots';

/** Every action on a cluster, by its id: `tsc` fails when the contract names one that is not here. */
export const apiActions: Readonly<Record<PveActionId, BoundAction<ApiStepDraft>>> = {
  ...powerActions,
  ...lifecycleActions,
  ...configureActions,
  ...backupActions,
  ...snapshotActions,
};
