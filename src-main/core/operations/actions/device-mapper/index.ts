import type { ActionsOf } from '../actions-of';
import type { deviceMapperActionIds } from '../../../../../src-preload/contract/actions/device-mapper';

export const deviceMapperActions: ActionsOf<typeof deviceMapperActionIds> = {};
