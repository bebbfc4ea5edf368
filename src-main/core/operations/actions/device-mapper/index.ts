import { bindAction } from '../../bound-action';
import type { ActionsOf } from '../actions-of';
import type { deviceMapperActionIds } from '../../../../../src-preload/contract/actions/device-mapper';
import { dmHostRelease } from './host-release';
import { dmLeftoversClean } from './leftovers-clean';
import { dmSettings } from './settings';
import { dmTemplateDestroy } from './template-destroy';
import { dmTemplateExpand } from './template-expand';
import { dmTemplateRegister } from './template-register';
import { dmVolumeCreate } from './volume-create';
import { dmVolumeDestroy } from './volume-destroy';
import { dmVolumeFlatten } from './volume-flatten';
import { dmVolumeGrow } from './volume-grow';
import { dmVolumePause } from './volume-pause';
import { dmVolumeRemove } from './volume-remove';
import { dmVolumeRestore } from './volume-restore';
import { dmVolumeResume } from './volume-resume';

export const deviceMapperActions: ActionsOf<typeof deviceMapperActionIds> = {
  'dm.settings': bindAction(dmSettings),
  'dm.template.register': bindAction(dmTemplateRegister),
  'dm.template.expand': bindAction(dmTemplateExpand),
  'dm.template.destroy': bindAction(dmTemplateDestroy),
  'dm.volume.create': bindAction(dmVolumeCreate),
  'dm.volume.restore': bindAction(dmVolumeRestore),
  'dm.volume.remove': bindAction(dmVolumeRemove),
  'dm.volume.flatten': bindAction(dmVolumeFlatten),
  'dm.volume.grow': bindAction(dmVolumeGrow),
  'dm.volume.pause': bindAction(dmVolumePause),
  'dm.volume.resume': bindAction(dmVolumeResume),
  'dm.volume.destroy': bindAction(dmVolumeDestroy),
  'dm.leftovers.clean': bindAction(dmLeftoversClean),
  'dm.host.release': bindAction(dmHostRelease),
};
