import { bindAction } from '../../bound-action';
import { diskSelfTestAbort } from './selftest-abort';
import { diskSelfTestLong, diskSelfTestShort } from './selftest-start';
import type { ActionsOf } from '../actions-of';
import type { diskActionIds } from '../../../../../src-preload/contract/actions/disk';

export const diskActions: ActionsOf<typeof diskActionIds> = {
  'disk.selftest.short': bindAction(diskSelfTestShort),
  'disk.selftest.long': bindAction(diskSelfTestLong),
  'disk.selftest.abort': bindAction(diskSelfTestAbort),
};
