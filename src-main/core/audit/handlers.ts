import type { CoreHandlers } from '../../../src-preload/contract';
import type { ShellPort } from '../port/shell-port';
import type { AuditStore } from './audit-store';

type AuditHandlers = Pick<
  CoreHandlers,
  | 'audit:sources'
  | 'audit:list'
  | 'audit:read'
  | 'audit:verify'
  | 'audit:exportCsv'
  | 'audit:openFile'
  | 'audit:closeFile'
>;

const csvFilter = [{ name: 'CSV', extensions: ['csv'] }];
const auditFilter = [{ name: 'Holdfast audit', extensions: ['sqlite'] }];

/** The audit's calls. Paths come from native dialogs only. */
export function auditHandlers(
  store: AuditStore,
  shell: Pick<ShellPort, 'chooseSavePath' | 'chooseOpenPath'>,
  nowMs: () => number,
): AuditHandlers {
  return {
    'audit:sources': async () => ({ sources: store.sources() }),
    'audit:list': ({ sourceId, filter, beforeSeq, limit }) => store.list(sourceId, filter, beforeSeq, limit),
    'audit:read': async ({ sourceId, operationId }) => ({ rows: store.read(sourceId, operationId) }),
    'audit:verify': ({ sourceId }, { signal }) => store.verify(sourceId, signal),
    'audit:exportCsv': async ({ sourceId, filter }, { signal }) => {
      const title = store.sources().find(({ id }) => id === sourceId)?.title ?? sourceId;
      const name = title.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 80);
      const day = new Date(nowMs()).toISOString().slice(0, 10);
      const path = await shell.chooseSavePath(`holdfast-audit-${name}-${day}.csv`, csvFilter);
      if (path === null) return { exported: null };
      const rowCount = await store.exportCsv(sourceId, filter, path, signal);
      return { exported: { displayPath: path, rowCount } };
    },
    'audit:openFile': async () => {
      const path = await shell.chooseOpenPath('Open an audit file', auditFilter);
      return { source: path === null ? null : store.openFile(path) };
    },
    'audit:closeFile': async ({ sourceId }) => {
      store.closeFile(sourceId);
      return {};
    },
  };
}
