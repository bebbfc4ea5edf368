import type { AuditStore } from '../audit/audit-store';
import { emptyDraft } from '../operations/drafts';

/** More than could have been open. */
const mostLooked = 50;

/**
 * Consoles that were open when Holdfast was killed ended with it, and no row says so yet. Writes it, for those opened
 * before `beforeMs`. Throws AppError.
 */
export async function endConsolesLeftOpen(
  audit: Pick<AuditStore, 'list' | 'read' | 'append'>,
  clusterId: string,
  beforeMs: number,
): Promise<number> {
  const filter = {
    search: '',
    outcomes: ['ok' as const],
    action: 'pve.guest.console',
    fromMs: null,
    toMs: null,
  };
  const { entries } = await audit.list(clusterId, filter, null, mostLooked);
  let ended = 0;
  for (const { operationId, hostName, action, target, atMs } of entries) {
    if (atMs >= beforeMs || audit.read(clusterId, operationId).at(-1)?.event !== 'finished') continue;
    audit.append(clusterId, {
      ...emptyDraft('session', operationId, hostName, action),
      target,
      outcome: 'ok',
      message: 'The console ended with Holdfast, which did not end in order; when is not known.',
    });
    ended += 1;
  }
  return ended;
}
