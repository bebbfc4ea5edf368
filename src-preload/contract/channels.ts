/**
 * The whole surface between page and app, by name. `group:verb`; the verb may be `camelCase`.
 * Types `Api` and `Handlers` in index.ts are computed from these names: a missing schema or handler fails `tsc`.
 */
export const channels = [
  'app:info',
  'app:openDemo',
  'app:closeDemo',
  'app:restartCore',
  'hosts:list',
  'hosts:add',
  'hosts:update',
  'hosts:remove',
  'hosts:probeKey',
  'hosts:trustKey',
  'hosts:chooseKeyFile',
  'hosts:setSecret',
  'hosts:connect',
  'hosts:disconnect',
  'clusters:list',
  'clusters:add',
  'clusters:update',
  'clusters:remove',
  'clusters:probeCertificate',
  'clusters:trustCertificate',
  'clusters:read',
  'clusters:refresh',
  'clusters:guestSnapshots',
  'clusters:guestConfig',
  'clusters:backups',
  'clusters:permissions',
  'clusters:tasks',
  'clusters:taskLog',
  'clusters:offers',
  'access:files',
  'access:saveFile',
  'access:selfTest',
  'inventory:read',
  'inventory:refresh',
  'inventory:refreshAll',
  'inventory:snapshots',
  'inventory:snapshotDetails',
  'inventory:capacity',
  'snapshots:prune',
  'snapshots:compare',
  'snapshots:space',
  'policies:list',
  'policies:create',
  'policies:update',
  'policies:delete',
  'policies:describe',
  'files:list',
  'files:download',
  'files:restore',
  'operations:catalogue',
  'operations:offers',
  'operations:plan',
  'operations:script',
  'operations:saveScript',
  'operations:run',
  'operations:cancel',
  'audit:sources',
  'audit:list',
  'audit:read',
  'audit:verify',
  'audit:exportCsv',
  'audit:openFile',
  'audit:closeFile',
  'settings:read',
  'settings:update',
] as const;
export type Channel = (typeof channels)[number];

/** Channels the shell answers itself; all others go to the core. */
export const shellChannels = [
  'app:info',
  'app:openDemo',
  'app:closeDemo',
  'app:restartCore',
] as const satisfies readonly Channel[];
export type ShellChannel = (typeof shellChannels)[number];
export type CoreChannel = Exclude<Channel, ShellChannel>;

/** Told by the app to the page. */
export const events = [
  'app:coreStatus',
  'hosts:changed',
  'clusters:changed',
  'inventory:changed',
  'inventory:activityEnded',
  'files:progress',
  'operations:progress',
  'audit:changed',
  'policies:changed',
  'settings:changed',
] as const;
export type EventName = (typeof events)[number];

/** The two ipcRenderer doors that are not channels of their own. */
export const invokeDoor = 'holdfast:invoke';
export const cancelDoor = 'holdfast:cancel';
export const eventDoor = 'holdfast:event';
