import type { sandboxFileActionIds } from '../../../../../src-preload/contract/actions/sandbox-file';
import type { FileStepDraft } from '../../action';
import { bindFileAction, type BoundAction } from '../../bound-action';
import { sandboxFileCopy } from './copy';
import { sandboxFileMkdir } from './mkdir';
import { sandboxFileRemove } from './remove';
import { sandboxFileRemoveFolder } from './remove-folder';
import { sandboxFileRename } from './rename';
import { sandboxFileUpload } from './upload';
import { sandboxFileWrite } from './write';

/** `tsc` fails when the contract names one that is not here, or the other way round. */
export const sandboxFileActions: Readonly<
  Record<(typeof sandboxFileActionIds)[number], BoundAction<FileStepDraft>>
> = {
  'sandbox.file.mkdir': bindFileAction(sandboxFileMkdir),
  'sandbox.file.write': bindFileAction(sandboxFileWrite),
  'sandbox.file.upload': bindFileAction(sandboxFileUpload),
  'sandbox.file.remove': bindFileAction(sandboxFileRemove),
  'sandbox.file.removeFolder': bindFileAction(sandboxFileRemoveFolder),
  'sandbox.file.copy': bindFileAction(sandboxFileCopy),
  'sandbox.file.rename': bindFileAction(sandboxFileRename),
};
