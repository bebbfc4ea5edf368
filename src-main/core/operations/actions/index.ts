import type { HostActionId } from '../../../../src-preload/contract/operations';
import { apiActions } from './pve';
import type { StepDraft } from '../action';
import { catalogueOf, type BoundAction, type Catalogue } from '../bound-action';
import { btrfsActions } from './btrfs';
import { deviceMapperActions } from './device-mapper';
import { diskActions } from './disk';
import { fileActions } from './file';
import { lvmActions } from './lvm';
import { mdadmActions } from './mdadm';
import { microsandboxActions } from './microsandbox';
import { sandboxFileActions } from './sandbox-file';
import { zfsActions } from './zfs';

/** Every action on a Linux host, by its id: `tsc` fails when the contract names one that is not here. */
export const actions: Readonly<Record<HostActionId, BoundAction<StepDraft>>> = {
  ...zfsActions,
  ...lvmActions,
  ...mdadmActions,
  ...btrfsActions,
  ...diskActions,
  ...fileActions,
  ...microsandboxActions,
  ...deviceMapperActions,
};

/** What the operation road takes. */
export const catalogue: Catalogue = catalogueOf([
  ...Object.values(actions),
  ...Object.values(sandboxFileActions),
  ...Object.values(apiActions),
]);
