/** On files of a sandbox volume. */
export const sandboxFileActionIds = [
  'sandbox.file.mkdir',
  'sandbox.file.write',
  'sandbox.file.upload',
  'sandbox.file.remove',
  'sandbox.file.removeFolder',
  'sandbox.file.copy',
  'sandbox.file.rename',
] as const;
