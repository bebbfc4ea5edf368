import { bindAction } from '../../bound-action';
import { diskMount } from './mount';
import { diskSelfTestAbort } from './selftest-abort';
import { diskSelfTestLong, diskSelfTestShort } from './selftest-start';
import { diskUnmount } from './unmount';
import type { ActionsOf } from '../actions-of';
import type { diskActionIds } from '../../../../../src-preload/contract/actions/disk';

export const diskActions: ActionsOf<typeof diskActionIds> = {
  'disk.selftest.short': bindAction(diskSelfTestShort),
  'disk.selftest.long': bindAction(diskSelfTestLong),
  'disk.selftest.abort': bindAction(diskSelfTestAbort),
  'disk.mount': bindAction(diskMount),
  'disk.unmount': bindAction(diskUnmount),
};
