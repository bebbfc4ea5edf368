import type { CoreHandlers } from '../../../src-preload/contract';
import { saveText } from '../files/save-text';
import type { ShellPort } from '../port/shell-port';
import { anchorText } from './anchor-file';
import type { AuditStore } from './audit-store';

type AuditHandlers = Pick<
  CoreHandlers,
  | 'audit:sources'
  | 'audit:list'
  | 'audit:read'
  | 'audit:verify'
  | 'audit:exportCsv'
  | 'audit:exportAnchor'
  | 'audit:checkAnchor'
  | 'audit:openFile'
  | 'audit:closeFile'
>;

const csvFilter = [{ name: 'CSV', extensions: ['csv'] }];
const anchorFilter = [{ name: 'Anchor of an audit', extensions: ['json'] }];
const auditFilter = [{ name: 'Holdfast audit', extensions: ['sqlite'] }];

/** The audit's calls. Paths come from native dialogs only. */
export function auditHandlers(
  store: AuditStore,
  shell: Pick<ShellPort, 'chooseSavePath' | 'chooseOpenPath'>,
  nowMs: () => number,
): AuditHandlers {
  const suggestedName = (sourceId: string, what: string, extension: string): string => {
    const title = store.sources().find(({ id }) => id === sourceId)?.title ?? sourceId;
    const name = title.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 80);
    return `holdfast-${what}-${name}-${new Date(nowMs()).toISOString().slice(0, 10)}.${extension}`;
  };
  return {
    'audit:sources': async () => ({ sources: store.sources() }),
    'audit:list': ({ sourceId, filter, beforeSeq, limit }) => store.list(sourceId, filter, beforeSeq, limit),
    'audit:read': async ({ sourceId, operationId }) => ({ rows: store.read(sourceId, operationId) }),
    'audit:verify': ({ sourceId }, { signal }) => store.verify(sourceId, signal),
    'audit:exportCsv': async ({ sourceId, filter }, { signal }) => {
      const path = await shell.chooseSavePath(suggestedName(sourceId, 'audit', 'csv'), csvFilter);
      if (path === null) return { exported: null };
      const rowCount = await store.exportCsv(sourceId, filter, path, signal);
      return { exported: { displayPath: path, rowCount } };
    },
    'audit:exportAnchor': async ({ sourceId }, { signal }) => {
      const anchor = await store.anchor(sourceId, signal);
      const path = await shell.chooseSavePath(suggestedName(sourceId, 'anchor', 'json'), anchorFilter);
      if (path === null) return { exported: null };
      await saveText(path, anchorText(anchor));
      return { exported: { displayPath: path, rowCount: anchor.rowCount } };
    },
    'audit:checkAnchor': async ({ sourceId }, { signal }) => {
      const path = await shell.chooseOpenPath('Open an anchor of this audit', anchorFilter);
      if (path === null) return { checked: null };
      const checked = await store.checkAnchor(sourceId, path, signal);
      return { checked: { ...checked, displayPath: path } };
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
