import type { ClusterTask, Guest } from '../../src-preload/contract/clusters';

export const guestTypeWords: Record<Guest['type'], string> = { qemu: 'VM', lxc: 'CT' };

export const guestStatusWords: Record<Guest['status'], string> = {
  running: 'Running',
  stopped: 'Stopped',
  paused: 'Paused',
  unknown: 'Unknown',
};

export const guestStatusColours: Record<Guest['status'], string> = {
  running: 'teal',
  stopped: 'gray',
  paused: 'yellow',
  unknown: 'violet',
};

export const taskOutcomeWords: Record<ClusterTask['outcome'], string> = {
  running: 'Running',
  ok: 'Done',
  warnings: 'Done with warnings',
  failed: 'Failed',
  'broken-off': 'Broken off',
};

export const taskOutcomeColours: Record<ClusterTask['outcome'], string> = {
  running: 'blue',
  ok: 'teal',
  warnings: 'yellow',
  failed: 'red',
  'broken-off': 'orange',
};

/** Names of task types as the web interface of Proxmox VE calls them; others stand as they are. */
const taskTypes: Readonly<Record<string, string>> = {
  qmstart: 'Start VM',
  qmstop: 'Stop VM',
  qmshutdown: 'Shut down VM',
  qmreboot: 'Reboot VM',
  qmreset: 'Reset VM',
  qmsuspend: 'Pause VM',
  qmresume: 'Resume VM',
  qmsnapshot: 'Snapshot VM',
  qmdelsnapshot: 'Delete snapshot of VM',
  qmrollback: 'Roll back VM',
  qmcreate: 'Create VM',
  qmclone: 'Clone VM',
  qmigrate: 'Migrate VM',
  qmdestroy: 'Destroy VM',
  vzstart: 'Start CT',
  vzstop: 'Stop CT',
  vzshutdown: 'Shut down CT',
  vzreboot: 'Reboot CT',
  vzsnapshot: 'Snapshot CT',
  vzdelsnapshot: 'Delete snapshot of CT',
  vzrollback: 'Roll back CT',
  vzcreate: 'Create CT',
  vzmigrate: 'Migrate CT',
  vzdestroy: 'Destroy CT',
  vzdump: 'Backup',
  aptupdate: 'Update package lists',
  imgcopy: 'Copy image',
  imgdel: 'Delete image',
};

export function taskWords({ type, id }: Pick<ClusterTask, 'type' | 'id'>): string {
  return [taskTypes[type] ?? type, id].filter((word) => word !== '').join(' ');
}

/** `3 d 4 h`, `12 min`: the two largest parts. */
export function uptimeWords(seconds: number | null): string {
  if (seconds === null || seconds <= 0) return '–';
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return `${minutes} min`;
}

/** Of a part between 0 and 1, as percent of 100. */
export function partPercent(part: number | null): number | null {
  return part === null ? null : Math.min(100, Math.max(0, part * 100));
}
