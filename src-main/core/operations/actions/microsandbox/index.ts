import type { ActionsOf } from '../actions-of';
import type { microsandboxActionIds } from '../../../../../src-preload/contract/actions/microsandbox';

export const microsandboxActions: ActionsOf<typeof microsandboxActionIds> = {};
