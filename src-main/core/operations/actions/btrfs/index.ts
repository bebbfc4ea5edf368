import type { ActionsOf } from '../actions-of';
import type { btrfsActionIds } from '../../../../../src-preload/contract/actions/btrfs';

export const btrfsActions: ActionsOf<typeof btrfsActionIds> = {};
