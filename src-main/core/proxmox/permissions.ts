import { z } from 'zod';
import type { PermissionCheck, PermissionException } from '../../../src-preload/contract/clusters';
import { accessLevels, type AccessLevel } from '../../../src-preload/contract/hosts';
import { toAppError } from '../errors/app-error';
import type { ApiClient } from './client/client';
import { apiPath } from './client/path';

const flag = z.union([z.number(), z.string(), z.boolean()]).transform((value) => Number(value) === 1);

/** `GET /access/permissions` of the token: privileges by path, true where they hold further down as well. */
export const permissionsSchema = z.record(z.string(), z.record(z.string(), flag));
export type Permissions = z.infer<typeof permissionsSchema>;

interface Need {
  level: AccessLevel;
  path: '/' | '/vms' | '/storage' | '/sdn' | '/pool';
  privilege: string;
  /** What cannot be done without it. */
  what: string;
}

/** What Holdfast needs for what it does at each access level; docs/proxmox.md lists the same. */
const needs: readonly Need[] = [
  { level: 'view', path: '/', privilege: 'Sys.Audit', what: 'see nodes, quorum and tasks' },
  {
    level: 'view',
    path: '/vms',
    privilege: 'VM.Audit',
    what: 'see guests, their configuration and snapshots',
  },
  { level: 'view', path: '/storage', privilege: 'Datastore.Audit', what: 'see storages and backups' },
  { level: 'view', path: '/sdn', privilege: 'SDN.Audit', what: 'see the software-defined network' },
  { level: 'view', path: '/pool', privilege: 'Pool.Audit', what: 'see resource pools' },
  { level: 'view', path: '/', privilege: 'Sys.Syslog', what: 'read the logs of nodes' },
  { level: 'operate', path: '/vms', privilege: 'VM.PowerMgmt', what: 'start and stop guests' },
  { level: 'operate', path: '/vms', privilege: 'VM.Snapshot', what: 'take and delete snapshots' },
  { level: 'operate', path: '/vms', privilege: 'VM.Backup', what: 'back up guests' },
  {
    level: 'operate',
    path: '/storage',
    privilege: 'Datastore.AllocateSpace',
    what: 'write backups and clones',
  },
  { level: 'administer', path: '/vms', privilege: 'VM.Snapshot.Rollback', what: 'roll back' },
  {
    level: 'administer',
    path: '/vms',
    privilege: 'VM.Config.Options',
    what: 'rename guests, change tags and notes',
  },
  { level: 'administer', path: '/vms', privilege: 'VM.Config.CPU', what: 'change cores' },
  { level: 'administer', path: '/vms', privilege: 'VM.Config.Memory', what: 'change memory' },
  { level: 'administer', path: '/vms', privilege: 'VM.Clone', what: 'clone guests' },
  { level: 'administer', path: '/vms', privilege: 'VM.Allocate', what: 'clone and delete guests' },
  { level: 'administer', path: '/vms', privilege: 'VM.Migrate', what: 'migrate guests' },
  { level: 'administer', path: '/vms', privilege: 'VM.Config.Disk', what: 'grow disks, create guests' },
  { level: 'administer', path: '/vms', privilege: 'VM.Config.Network', what: 'create guests' },
  { level: 'administer', path: '/vms', privilege: 'VM.Replicate', what: 'start replication' },
  {
    level: 'administer',
    path: '/storage',
    privilege: 'Datastore.Allocate',
    what: 'delete and prune backups',
  },
  {
    level: 'administer',
    path: '/storage',
    privilege: 'Datastore.AllocateTemplate',
    what: 'delete and upload images',
  },
  {
    level: 'administer',
    path: '/sdn',
    privilege: 'SDN.Allocate',
    what: 'change the software-defined network',
  },
  { level: 'administer', path: '/', privilege: 'Sys.Console', what: 'change high availability' },
  {
    level: 'administer',
    path: '/',
    privilege: 'Sys.Modify',
    what: 'change backup jobs, firewalls and services, look for updates',
  },
  { level: 'administer', path: '/', privilege: 'Sys.PowerMgmt', what: 'reboot and shut down nodes' },
];

/** The path that decides: itself, or the nearest above it that has anything to say. */
function deciding(
  permissions: Permissions,
  path: string,
): { own: boolean; held: Readonly<Record<string, boolean>> } {
  const own = permissions[path];
  if (own !== undefined) return { own: true, held: own };
  if (path === '/') return { own: true, held: {} };
  const above = path.slice(0, path.lastIndexOf('/'));
  return { own: false, held: deciding(permissions, above === '' ? '/' : above).held };
}

function holds(permissions: Permissions, path: string, privilege: string): boolean {
  const { own, held } = deciding(permissions, path);
  // VM.Snapshot allows rolling back as well; VM.Snapshot.Rollback is for those that may do nothing else.
  const names = privilege === 'VM.Snapshot.Rollback' ? [privilege, 'VM.Snapshot'] : [privilege];
  return names.some((name) => {
    const propagates = held[name];
    return propagates !== undefined && (own || propagates);
  });
}

/** Whose rights were read, beside those that hold. With privilege separation a token has what both it and its user have. */
export type OfUser = { kind: 'password' } | { kind: 'token'; user: Permissions | null };

/** H56: what the user has and what holds has not is lacked by the token; the rest by the user, whatever the token has. */
function lackedBy(of: OfUser, { path, privilege }: Need): PermissionCheck['lackedBy'] {
  if (of.kind === 'password') return 'user';
  if (of.user === null) return null;
  return holds(of.user, path, privilege) ? 'token' : 'user';
}

/** Each privilege that the access level needs, whether it is held, and by whom it is lacked. */
export function checkPermissions(
  permissions: Permissions,
  level: AccessLevel,
  of: OfUser = { kind: 'token', user: null },
): PermissionCheck[] {
  const upTo = accessLevels.indexOf(level);
  return needs
    .filter((need) => accessLevels.indexOf(need.level) <= upTo)
    .map((need) => {
      const held = holds(permissions, need.path, need.privilege);
      return { ...need, held, lackedBy: held ? null : lackedBy(of, need) };
    });
}

/** What the user behind a token may do; null: the API does not tell this token. @throws AppError for all else */
export async function readUserPermissions(
  client: ApiClient,
  tokenId: string,
  signal: AbortSignal,
): Promise<Permissions | null> {
  try {
    return await client.get(apiPath('/access/permissions'), permissionsSchema, {
      operation: 'read what the user of the token may do',
      query: { userid: tokenId.slice(0, tokenId.indexOf('!')) },
      signal,
    });
  } catch (thrown) {
    if (toAppError(thrown).code === 'forbidden') return null;
    throw thrown;
  }
}

/** Single guests and storages for which less is allowed than for the rest. */
export function permissionExceptions(permissions: Permissions, level: AccessLevel): PermissionException[] {
  const wanted = checkPermissions(permissions, level).filter(({ held }) => held);
  return Object.keys(permissions)
    .filter((path) => /^\/(?:vms|storage)\/./.test(path))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .flatMap((path): PermissionException[] => {
      const kind = path.startsWith('/vms/') ? '/vms' : '/storage';
      const missing = wanted
        .filter((need) => need.path === kind && !holds(permissions, path, need.privilege))
        .map(({ privilege }) => privilege);
      return missing.length === 0 ? [] : [{ path, missing }];
    });
}
