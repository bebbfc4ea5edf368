import text from './schema.json?raw';

/** What one parameter may be; `scripts/proxmox-demo-schema.mjs` makes the file. */
export interface ParameterSpec {
  type?: 'string' | 'integer' | 'number' | 'boolean' | 'array';
  optional?: true;
  enum?: readonly string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  ignoreCase?: true;
  /** A name from formats.ts, or the keys of a property string (`key=value,key=value`). */
  format?: string | Readonly<Record<string, ParameterSpec>>;
  items?: ParameterSpec;
  requires?: string;
  default_key?: true;
  alias?: string;
  keyAlias?: string;
  /** One of several shapes, which the demo does not tell apart. */
  any?: true;
}

/** `["perm", "/vms/{vmid}", ["VM.Audit"], "any", 1]`, `["and", check, check]` and the like. */
export type PermissionCheck = readonly unknown[];

export interface ApiCall {
  path: string;
  method: string;
  /** `net[n]` stands for net0, net1, … */
  parameters: Readonly<Record<string, ParameterSpec>>;
  /** Left out: only root@pam. */
  permissions?: { check?: PermissionCheck; user?: 'all' | 'world' };
  /** Forwarded to the daemon that runs as root. */
  protected?: true;
  /** Answered by the node of the path. */
  proxyto?: 'node';
  ticketOnly?: true;
}

/** The API of Proxmox VE 9.2. */
export const apiCalls = JSON.parse(text) as readonly ApiCall[];
