import type { ActionsOf } from '../actions-of';
import type { diskActionIds } from '../../../../../src-preload/contract/actions/disk';

export const diskActions: ActionsOf<typeof diskActionIds> = {};
