import { z } from 'zod';

const pattern =
  /^UPID:([a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?):([0-9A-Fa-f]{8}):([0-9A-Fa-f]{8,9}):([0-9A-Fa-f]{8}):([^:\s/]+):([^:\s/]*):([^:\s/]+):$/;

/** What a UPID says of its task (PVE/UPID.pm). */
export interface Upid {
  upid: string;
  /** The node it runs on, which need not be the one that was asked. */
  node: string;
  pid: number;
  startedAtMs: number;
  type: string;
  /** Of the guest or storage; empty for tasks of no single one. */
  id: string;
  /** `root@pam` or `root@pam!token`. */
  user: string;
}

/** null: not a UPID. */
export function parseUpid(text: string): Upid | null {
  const found = pattern.exec(text);
  if (found === null) return null;
  const [, node = '', pid = '', , start = '', type = '', id = '', user = ''] = found;
  return {
    upid: text,
    node,
    pid: Number.parseInt(pid, 16),
    startedAtMs: Number.parseInt(start, 16) * 1000,
    type,
    id,
    user,
  };
}

/** What a changing call answers: the UPID of its task, or nothing when it was done at once. */
export const taskAnswerSchema = z
  .union([z.string(), z.null()])
  .transform((answer) => (answer === null || answer === '' ? null : parseUpid(answer)));
