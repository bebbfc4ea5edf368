import type { CoreHandlers } from '../../../src-preload/contract';
import { mostVerdicts, type VerdictRow } from '../../../src-preload/contract/prune';
import type { InventoryService } from '../inventory/service';
import { judge } from './retention';

const firstWhenCut: Record<VerdictRow['verdict'], number> = { remove: 0, stay: 1, keep: 2 };

export function retentionHandlers(
  inventory: Pick<InventoryService, 'allSnapshots'>,
  nowMs: () => number,
): Pick<CoreHandlers, 'snapshots:prune'> {
  return {
    'snapshots:prune': async ({ hostId, poolId, search, rule }) => {
      const rows = await inventory.allSnapshots({ hostId, poolId, search });
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
