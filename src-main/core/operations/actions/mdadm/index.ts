import { bindAction } from '../../bound-action';
import { mdadmArrayAssemble } from './array-assemble';
import { mdadmArrayBitmap } from './array-bitmap';
import { mdadmArrayCreate } from './array-create';
import { mdadmArrayGrow } from './array-grow';
import { mdadmArrayResize } from './array-resize';
import { mdadmArrayStop } from './array-stop';
import { mdadmArrayCheck, mdadmArrayIdle, mdadmArrayRepair } from './array-sync';
import { mdadmMemberAdd } from './member-add';
import { mdadmMemberFail } from './member-fail';
import { mdadmMemberRemove } from './member-remove';
import { mdadmMemberReplace } from './member-replace';
import type { ActionsOf } from '../actions-of';
import type { mdadmActionIds } from '../../../../../src-preload/contract/actions/mdadm';

export const mdadmActions: ActionsOf<typeof mdadmActionIds> = {
  'mdadm.array.create': bindAction(mdadmArrayCreate),
  'mdadm.array.assemble': bindAction(mdadmArrayAssemble),
  'mdadm.array.stop': bindAction(mdadmArrayStop),
  'mdadm.array.grow': bindAction(mdadmArrayGrow),
  'mdadm.array.resize': bindAction(mdadmArrayResize),
  'mdadm.array.check': bindAction(mdadmArrayCheck),
  'mdadm.array.repair': bindAction(mdadmArrayRepair),
  'mdadm.array.idle': bindAction(mdadmArrayIdle),
  'mdadm.array.bitmap': bindAction(mdadmArrayBitmap),
  'mdadm.member.add': bindAction(mdadmMemberAdd),
  'mdadm.member.fail': bindAction(mdadmMemberFail),
  'mdadm.member.remove': bindAction(mdadmMemberRemove),
  'mdadm.member.replace': bindAction(mdadmMemberReplace),
};
