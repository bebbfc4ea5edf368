import { bindAction } from '../../bound-action';
import type { ActionsOf } from '../actions-of';
import type { fileActionIds } from '../../../../../src-preload/contract/actions/file';
import { fileRestore } from './restore';

export const fileActions: ActionsOf<typeof fileActionIds> = { 'file.restore': bindAction(fileRestore) };
