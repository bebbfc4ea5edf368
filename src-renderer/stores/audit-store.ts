import { create } from 'zustand';
import type { Response } from '../../src-preload/contract';
import type {
  AuditEntry,
  AuditFilter,
  AuditReport,
  AuditRow,
  AuditSource,
} from '../../src-preload/contract/audit';
import type { WireError } from '../../src-preload/contract/result';
import { call, listen } from '../api';

interface AuditState {
  sources: readonly AuditSource[];
  sourcesStatus: 'loading' | 'ready' | 'failed';
  sourceId: string | null;
  filter: AuditFilter;
  status: 'loading' | 'ready' | 'failed';
  entries: readonly AuditEntry[];
  nextBeforeSeq: number | null;
  error: WireError | null;
  detail: { entry: AuditEntry; rows: readonly AuditRow[] | null; error: WireError | null } | null;
  verification: {
    status: 'running' | 'done' | 'failed';
    report: AuditReport | null;
    error: WireError | null;
  } | null;
  anchorCheck: NonNullable<Response<'audit:checkAnchor'>['checked']> | null;
}

export const emptyFilter: AuditFilter = { search: '', outcomes: [], action: null, fromMs: null, toMs: null };

export const useAuditStore = create<AuditState>(() => ({
  sources: [],
  sourcesStatus: 'loading',
  sourceId: null,
  filter: emptyFilter,
  status: 'ready',
  entries: [],
  nextBeforeSeq: null,
  error: null,
  detail: null,
  verification: null,
  anchorCheck: null,
}));

const pageSize = 100;
let generation = 0;
let continuing = false;

export async function loadSources(): Promise<void> {
  const answer = await call('audit:sources', {});
  if (!answer.ok) {
    useAuditStore.setState({ sourcesStatus: 'failed', error: answer.error });
    return;
  }
  const { sources } = answer.value;
  useAuditStore.setState({ sources, sourcesStatus: 'ready' });
  const { sourceId } = useAuditStore.getState();
  if (sourceId === null || !sources.some((source) => source.id === sourceId)) {
    // The one written to last is what people came for.
    const best = [...sources].sort((a, b) => (b.lastAtMs ?? 0) - (a.lastAtMs ?? 0))[0];
    if (best !== undefined) await selectSource(best.id);
  }
}

export async function selectSource(sourceId: string): Promise<void> {
  useAuditStore.setState({ sourceId, entries: [], detail: null, verification: null, anchorCheck: null });
  await reloadEntries();
}

export async function setAuditFilter(patch: Partial<AuditFilter>): Promise<void> {
  useAuditStore.setState(({ filter }) => ({ filter: { ...filter, ...patch } }));
  await reloadEntries();
}

export async function reloadEntries(): Promise<void> {
  const { sourceId, filter, entries } = useAuditStore.getState();
  if (sourceId === null) return;
  const mine = ++generation;
  useAuditStore.setState({ status: entries.length === 0 ? 'loading' : 'ready', error: null });
  const answer = await call('audit:list', { sourceId, filter, beforeSeq: null, limit: pageSize });
  if (mine !== generation) return;
  if (answer.ok) useAuditStore.setState({ ...answer.value, status: 'ready' });
  else useAuditStore.setState({ status: 'failed', error: answer.error, entries: [], nextBeforeSeq: null });
}

export async function loadMoreEntries(): Promise<void> {
  const { sourceId, filter, nextBeforeSeq } = useAuditStore.getState();
  if (sourceId === null || nextBeforeSeq === null || continuing) return;
  const mine = generation;
  continuing = true;
  const answer = await call('audit:list', { sourceId, filter, beforeSeq: nextBeforeSeq, limit: pageSize });
  continuing = false;
  if (mine !== generation) return;
  if (!answer.ok) {
    useAuditStore.setState({ error: answer.error });
    return;
  }
  useAuditStore.setState(({ entries }) => ({
    entries: [...entries, ...answer.value.entries],
    nextBeforeSeq: answer.value.nextBeforeSeq,
  }));
}

export async function openEntry(entry: AuditEntry): Promise<void> {
  const { sourceId } = useAuditStore.getState();
  if (sourceId === null) return;
  useAuditStore.setState({ detail: { entry, rows: null, error: null } });
  const answer = await call('audit:read', { sourceId, operationId: entry.operationId });
  if (useAuditStore.getState().detail?.entry.operationId !== entry.operationId) return;
  useAuditStore.setState({
    detail: { entry, rows: answer.ok ? answer.value.rows : null, error: answer.ok ? null : answer.error },
  });
}

export function closeEntry(): void {
  useAuditStore.setState({ detail: null });
}

export async function verifySource(): Promise<void> {
  const { sourceId } = useAuditStore.getState();
  if (sourceId === null) return;
  useAuditStore.setState({ verification: { status: 'running', report: null, error: null } });
  const answer = await call('audit:verify', { sourceId });
  if (useAuditStore.getState().sourceId !== sourceId) return;
  useAuditStore.setState({
    verification: answer.ok
      ? { status: 'done', report: answer.value, error: null }
      : { status: 'failed', report: null, error: answer.error },
  });
}

export function closeVerification(): void {
  useAuditStore.setState({ verification: null });
}

/** Asks for a file natively; says where the rows went, or null when cancelled. */
export async function exportCsv() {
  const { sourceId, filter } = useAuditStore.getState();
  if (sourceId === null) return null;
  return call('audit:exportCsv', { sourceId, filter });
}

/** Asks for a file natively; says where the newest signed checkpoint went, or null when nothing was exported. */
export async function exportAnchor() {
  const { sourceId } = useAuditStore.getState();
  if (sourceId === null) return null;
  return call('audit:exportAnchor', { sourceId });
}

/** Asks for an anchor natively and holds the shown audit against it. */
export async function checkAnchor(): Promise<WireError | null> {
  const { sourceId } = useAuditStore.getState();
  if (sourceId === null) return null;
  useAuditStore.setState({ anchorCheck: null });
  const answer = await call('audit:checkAnchor', { sourceId });
  if (!answer.ok) return answer.error;
  // Another audit may be shown by now; the answer is not about that one.
  if (useAuditStore.getState().sourceId === sourceId) {
    useAuditStore.setState({ anchorCheck: answer.value.checked });
  }
  return null;
}

export function closeAnchorCheck(): void {
  useAuditStore.setState({ anchorCheck: null });
}

export async function openAuditFile(): Promise<WireError | null> {
  const answer = await call('audit:openFile', {});
  if (!answer.ok) return answer.error;
  if (answer.value.source === null) return null;
  await loadSources();
  await selectSource(answer.value.source.id);
  return null;
}

export async function closeAuditFile(sourceId: string): Promise<void> {
  await call('audit:closeFile', { sourceId });
  useAuditStore.setState({ sourceId: null, entries: [] });
  await loadSources();
}

export function followAudit(): () => void {
  return listen('audit:changed', ({ hostId }) => {
    void loadSources();
    if (useAuditStore.getState().sourceId === hostId) void reloadEntries();
  });
}
