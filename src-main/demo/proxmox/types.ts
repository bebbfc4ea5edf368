import type { X509Certificate } from 'node:crypto';
import type { Random } from '../random';
import type { Access } from './access';
import type { KeyAndCertificate } from './certificate';
import type { Firewall } from './firewall';
import type { HighAvailability } from './ha';
import type { BackupJob } from './backup-jobs';
import type { ReplicationJob } from './replication';
import type { Sdn } from './sdn';
import type { StorageContent, Storage } from './storage-types';
import type { TaskList } from './tasks';

/** What differs between releases and is seen from outside. */
export interface Release {
  version: string;
  release: string;
  repoid: string;
  /** 9 has rules instead of HA groups, bulk actions of the cluster, and longer charts. */
  major: 8 | 9;
  /** The message in the body of an error: since pve-http-server 5.2.0. */
  messageInBody: boolean;
  bodyLimitBytes: number;
}

export interface Service {
  name: string;
  description: string;
  state: 'running' | 'dead';
  enabled: boolean;
}

export interface Disk {
  devpath: string;
  model: string;
  serial: string;
  sizeBytes: number;
  type: 'nvme' | 'ssd' | 'hdd';
  used: string;
  /** Percent that is left; hard disks have none. */
  wearout: number | 'N/A';
  health: 'PASSED' | 'FAILED';
  temperature: number;
  reallocated: number;
}

export interface PackageUpdate {
  name: string;
  title: string;
  section: string;
  from: string;
  to: string;
  origin: 'Proxmox' | 'Debian';
}

export interface ClusterNode {
  name: string;
  id: number;
  /** In the cluster's own network; what listens is a port of the loopback interface. */
  address: string;
  online: boolean;
  bootedAtMs: number;
  cores: number;
  sockets: number;
  cpuModel: string;
  memoryBytes: number;
  rootBytes: number;
  rootUsedBytes: number;
  services: Service[];
  disks: Disk[];
  updates: PackageUpdate[];
  subscribed: boolean;
  timezone: string;
  dns: { search: string; servers: string[] };
  certificate: KeyAndCertificate;
  /** `pveproxy-ssl.pem`, which is shown instead of its own; null: none. */
  custom: { leaf: X509Certificate; chainPem: string; keyPem: string } | null;
  /** Names that ACME proves; none: it is not set up. */
  acmeDomains: string[];
  /** Where the node is served: it shows another certificate from now on. */
  onCertificate: (() => void) | null;
}

export type ConfigValue = string | number;
export type Config = Record<string, ConfigValue>;

export interface Snapshot {
  name: string;
  description: string;
  takenAtMs: number;
  parent?: string;
  withMemory: boolean;
  config: Config;
  /** While it is being made, deleted or rolled back to. */
  state?: 'prepare' | 'delete' | 'rollback';
}

export type GuestType = 'qemu' | 'lxc';

export interface Guest {
  vmid: number;
  type: GuestType;
  node: string;
  running: boolean;
  paused: boolean;
  startedAtMs: number;
  template: boolean;
  lock?: string;
  config: Config;
  /** Waits for the next start: a new value, or null to delete. */
  pending: Map<string, ConfigValue | null>;
  snapshots: Snapshot[];
  /** The snapshot that the present state descends from. */
  parent?: string;
  pid: number;
  agentRunning: boolean;
  /** What a shutdown waits for in vain. */
  ignoresShutdown: boolean;
  /** Part of its processors and memory it uses on average. */
  load: number;
  /** What the guest's disk holds, which only containers tell. */
  diskUsedBytes: number;
  firewall: Firewall;
  /** Commands of the guest agent by process id. */
  agentProcesses: Map<number, AgentProcess>;
  files: Map<string, string>;
}

export interface AgentProcess {
  endsAtMs: number;
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface Pool {
  id: string;
  comment: string;
  vms: Set<number>;
  storages: Set<string>;
}

export interface LogEntry {
  uid: number;
  atMs: number;
  node: string;
  user: string;
  tag: string;
  severity: number;
  pid: number;
  message: string;
}

export interface Cluster {
  name: string;
  release: Release;
  /** Its nodes have Ceph. */
  ceph: boolean;
  /** False: one node, which is no cluster. */
  clustered: boolean;
  quorate: boolean;
  configVersion: number;
  nodes: Map<string, ClusterNode>;
  guests: Map<number, Guest>;
  storages: Map<string, Storage>;
  content: StorageContent[];
  pools: Map<string, Pool>;
  options: Record<string, unknown>;
  access: Access;
  backupJobs: Map<string, BackupJob>;
  replication: Map<string, ReplicationJob>;
  ha: HighAvailability;
  sdn: Sdn;
  firewall: Firewall;
  nodeFirewalls: Map<string, Firewall>;
  tasks: TaskList;
  /** Nodes of other clusters that can be reached from here, by their port. */
  remotes: Map<number, { cluster: Cluster; node: ClusterNode }>;
  log: LogEntry[];
  random: Random;
  nowMs: () => number;
}
