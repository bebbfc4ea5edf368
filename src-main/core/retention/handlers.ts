import type { CoreHandlers } from '../../../src-preload/contract';
import { mostVerdicts, type VerdictRow } from '../../../src-preload/contract/prune';
import type { SnapshotRow } from '../../../src-preload/contract/inventory';
import type { InventoryService } from '../inventory/service';
import { volumesOf } from '../policies/judge';
import type { PolicyStore } from '../policies/policy-store';
import { judge } from './retention';

const firstWhenCut: Record<VerdictRow['verdict'], number> = { remove: 0, stay: 1, keep: 2 };

export interface RetentionHandlerOptions {
  inventory: Pick<InventoryService, 'read' | 'allSnapshots'>;
  policies: Pick<PolicyStore, 'get'>;
  nowMs: () => number;
}

export function retentionHandlers({
  inventory,
  policies,
  nowMs,
}: RetentionHandlerOptions): Pick<CoreHandlers, 'snapshots:prune'> {
  /** Whether a snapshot is of a volume that the policy is about; a name alone would also find `tank/homework`. */
  const scopeOf = async (policyId: string | null): Promise<(row: SnapshotRow) => boolean> => {
    if (policyId === null) return () => true;
    const policy = policies.get(policyId);
    const known = await inventory.read(policy.hostId);
    const names = new Set(known === null ? [] : volumesOf(policy, known).volumes.map(({ name }) => name));
    return ({ hostId, backend, volumeName }) =>
      hostId === policy.hostId && backend === policy.backend && volumeName !== null && names.has(volumeName);
  };

  return {
    'snapshots:prune': async ({ hostId, poolId, search, policyId, rule }) => {
      const isWithin = await scopeOf(policyId);
      const rows = (await inventory.allSnapshots({ hostId, poolId, search })).filter(isWithin);
      const verdicts = judge(rows, rule, nowMs());
      const judged = rows.flatMap((snapshot): VerdictRow[] => {
        const verdict = verdicts.get(snapshot.id);
        return verdict === undefined ? [] : [{ snapshot, ...verdict }];
      });
      const count = (wanted: VerdictRow['verdict']): number =>
        judged.filter(({ verdict }) => verdict === wanted).length;
      const cut =
        judged.length <= mostVerdicts
          ? judged
          : [...judged]
              .sort((a, b) => firstWhenCut[a.verdict] - firstWhenCut[b.verdict])
              .slice(0, mostVerdicts);
      return {
        keep: count('keep'),
        remove: count('remove'),
        stay: count('stay'),
        removeUsedBytes: judged.reduce(
          (sum, { verdict, snapshot }) => (verdict === 'remove' ? sum + (snapshot.usedBytes ?? 0) : sum),
          0,
        ),
        rows: [...cut].sort(byVolumeAndAge),
      };
    },
  };
}

function byVolumeAndAge({ snapshot: a }: VerdictRow, { snapshot: b }: VerdictRow): number {
  const left = a.volumeName ?? '';
  const right = b.volumeName ?? '';
  if (left !== right) return left < right ? -1 : 1;
  return (b.createdAtMs ?? 0) - (a.createdAtMs ?? 0);
}
