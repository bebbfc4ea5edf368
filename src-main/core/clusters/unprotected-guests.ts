import type { ClusterInventory, ClusterProblem } from '../../../src-preload/contract/clusters';
import type { ApiClient } from '../proxmox/client/client';
import { readUncovered } from '../proxmox/reads/backup-jobs';

const askEveryMs = 60 * 60_000;
const namedGuests = 6;

interface Told {
  askedAtMs: number;
  problems: ClusterProblem[];
}

/** One problem for all guests that no backup job takes. Templates are not among them: they never change. */
function problemsOf(guests: readonly { vmid: number; name: string | null }[]): ClusterProblem[] {
  if (guests.length === 0) return [];
  const named = guests
    .slice(0, namedGuests)
    .map(({ vmid, name }) => (name === null ? String(vmid) : `${vmid} (${name})`));
  const more = guests.length - named.length;
  const list = more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', ');
  return [
    {
      severity: 'warning',
      text:
        guests.length === 1
          ? `Guest ${list} is in no backup job.`
          : `${guests.length} guests are in no backup job: ${list}.`,
      advice: 'Take them into a job, or make one, on the Backups tab of the cluster.',
    },
  ];
}

/**
 * Guests that no backup job takes (X26), asked once an hour and after changes, apart from the sync of a cluster, which
 * stays one request. `GET /cluster/backup-info/not-backed-up` of Proxmox VE.
 */
export class UnprotectedGuests {
  readonly #told = new Map<string, Told>();

  constructor(private readonly nowMs: () => number) {}

  /** As last told; none: there are none, or it is not known. */
  problems(clusterId: string): readonly ClusterProblem[] {
    return this.#told.get(clusterId)?.problems ?? [];
  }

  /** Something was changed there: it is asked again with the next sync. */
  doubt(clusterId: string): void {
    const told = this.#told.get(clusterId);
    if (told !== undefined) this.#told.set(clusterId, { ...told, askedAtMs: -Infinity });
  }

  forget(clusterId: string): void {
    this.#told.delete(clusterId);
  }

  /**
   * The inventory with what is told now in the place of what was told before; null: nothing is new.
   * Throws AppError.
   */
  async renew(
    clusterId: string,
    client: ApiClient,
    { guests }: ClusterInventory,
    signal: AbortSignal,
  ): Promise<((latest: ClusterInventory) => ClusterInventory) | null> {
    const before = this.#told.get(clusterId);
    const askedAtMs = this.nowMs();
    if (before !== undefined && askedAtMs - before.askedAtMs < askEveryMs) return null;
    const old = before?.problems ?? [];
    this.#told.set(clusterId, { askedAtMs, problems: old });
    const uncovered = await readUncovered(client, signal);
    const templates = new Set(guests.filter(({ template }) => template).map(({ vmid }) => vmid));
    const problems = problemsOf(uncovered?.filter(({ vmid }) => !templates.has(vmid)) ?? []);
    if (this.#told.has(clusterId)) this.#told.set(clusterId, { askedAtMs, problems });
    if (JSON.stringify(problems) === JSON.stringify(old)) return null;
    const oldTexts = new Set(old.map(({ text }) => text));
    return (latest) => ({
      ...latest,
      problems: [...latest.problems.filter(({ text }) => !oldTexts.has(text)), ...problems],
    });
  }
}
