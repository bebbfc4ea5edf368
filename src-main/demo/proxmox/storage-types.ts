/** A storage entry, as `/etc/pve/storage.cfg` has it. */
export interface Storage {
  id: string;
  type: 'dir' | 'nfs' | 'zfspool' | 'lvmthin' | 'pbs';
  content: string[];
  shared: boolean;
  /** Left out: all nodes. */
  nodes?: string[];
  enabled: boolean;
  /** false: its server does not answer, so no node can use it. Left out: it does. */
  reachable?: boolean;
  /** Of each node's own, where it is not shared. */
  totalBytes: number;
  /** What is on it besides the volumes of guests and the content below. */
  otherBytes: number;
  path: string;
  more: Record<string, string>;
}

/** A folder by the names in it; a text is what a file holds. */
export interface BackupTree {
  [name: string]: BackupTree | string;
}

/** An ISO image, a template, a snippet, a backup. Disks of guests follow from their configuration. */
export interface StorageContent {
  storage: string;
  /** Where it is, for a storage that is not shared. */
  node?: string;
  volume: string;
  content: 'iso' | 'vztmpl' | 'backup' | 'snippets' | 'import';
  format: string;
  sizeBytes: number;
  createdAtMs: number;
  vmid?: number;
  subtype?: 'qemu' | 'lxc';
  notes?: string;
  isProtected?: boolean;
  /** Of a backup on a Proxmox Backup Server. */
  verified?: 'ok' | 'failed';
  keyFingerprint?: string;
  /** What is inside of a backup on a Proxmox Backup Server. */
  files?: BackupTree;
  /** The configuration that a backup holds. */
  config?: Record<string, string | number>;
}
