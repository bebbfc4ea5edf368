import { isAbsolutePath } from '../../storage/absolute-path';

/** Team of templates that everybody sees. */
export const platformTeam = '00000000-0000-0000-0000-000000000000';
/** The template that nobody can delete. */
export const minimalTemplate = 'minimal';

export const templateNamePattern = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/;
export const sandboxIdPattern = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/;
/** Ends in a dash, so that no prefix is the beginning of another name by chance. */
export const prefixPattern = /^[a-z][a-z0-9_.-]{0,30}-$/;
export const loopPattern = /^\/dev\/loop[0-9]{1,7}$/;
const rootPattern = /^(?:\/[A-Za-z0-9_+@][A-Za-z0-9_.+@-]*)+$/;

const flattenMark = 'flatten-';
/** DM_NAME_LEN of the kernel is 128 with the final NUL. */
const mostDeviceName = 127;

/** A folder in which templates and volumes live: no part begins with a dot, and none needs a quote. */
export function isRoot(path: string): boolean {
  return isAbsolutePath(path) && path.length <= 200 && rootPattern.test(path);
}

/** The names of temporary flatten devices are not for sandboxes. */
export function isSandboxId(id: string): boolean {
  return sandboxIdPattern.test(id) && !id.startsWith(flattenMark);
}

export function isTemplateName(name: string): boolean {
  return templateNamePattern.test(name);
}

function checkedDevice(name: string): string {
  if (name.length > mostDeviceName) throw new RangeError('Too long for a device-mapper name.');
  return name;
}

/** @throws RangeError */
export function deviceName(prefix: string, id: string): string {
  if (!prefixPattern.test(prefix) || !sandboxIdPattern.test(id)) throw new RangeError('Not a device name.');
  return checkedDevice(`${prefix}${id}`);
}

export function flattenDeviceName(prefix: string, id: string): string {
  return deviceName(`${prefix}${flattenMark}`, id);
}

/** Which of ours a device is; null: of somebody else, never touched. */
export function deviceOwner(prefix: string, name: string): { kind: 'volume' | 'flatten'; id: string } | null {
  if (!name.startsWith(prefix)) return null;
  const rest = name.slice(prefix.length);
  if (rest.startsWith(flattenMark) && sandboxIdPattern.test(rest.slice(flattenMark.length))) {
    return { kind: 'flatten', id: rest.slice(flattenMark.length) };
  }
  return sandboxIdPattern.test(rest) ? { kind: 'volume', id: rest } : null;
}

/** What lies where below the root. */
export const paths = {
  templates: (root: string) => `${root}/templates`,
  volumes: (root: string) => `${root}/volumes`,
  paused: (root: string) => `${root}/paused`,
  image: (root: string, name: string) => `${root}/templates/${name}.ext4`,
  /** An image on its way; only flattening makes it. */
  part: (root: string, name: string) => `${root}/templates/${name}.ext4.part`,
  templateMeta: (root: string, name: string) => `${root}/templates/${name}.json`,
  cow: (root: string, id: string) => `${root}/volumes/${id}.cow`,
  volumeMeta: (root: string, id: string) => `${root}/volumes/${id}.json`,
  pausedFolder: (root: string, id: string) => `${root}/paused/${id}`,
  pausedCow: (root: string, id: string) => `${root}/paused/${id}/rootfs.cow`,
  pausedMeta: (root: string, id: string) => `${root}/paused/${id}/rootfs.meta`,
} as const;
