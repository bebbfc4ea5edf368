import type { ActionsOf } from '../actions-of';
import type { mdadmActionIds } from '../../../../../src-preload/contract/actions/mdadm';

export const mdadmActions: ActionsOf<typeof mdadmActionIds> = {};
