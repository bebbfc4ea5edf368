import { demand } from './access';
import { optionalNumber, optionalText, text, type Call, type Handlers } from './call';
import { died } from './errors';
import { activated, contentOn, storageOf, volumeId } from './storage';
import type { StorageContent } from './storage-types';
import { startTask } from './tasks';

type Mark = 'keep' | 'remove' | 'protected';

interface Marked {
  item: StorageContent;
  mark: Mark;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** The period of a time, for each option: at most one backup a period is kept, its newest. */
const periods: Readonly<Record<string, (ms: number) => string>> = {
  'keep-hourly': (ms) => new Date(ms).toISOString().slice(0, 13),
  'keep-daily': (ms) => new Date(ms).toISOString().slice(0, 10),
  // Weeks begin on Monday; day 0 of the epoch was a Thursday.
  'keep-weekly': (ms) => String(Math.floor((ms / dayMs + 3) / 7)),
  'keep-monthly': (ms) => new Date(ms).toISOString().slice(0, 7),
  'keep-yearly': (ms) => new Date(ms).toISOString().slice(0, 4),
};

function parseKeep(value: string): Map<string, number> {
  return new Map(
    value.split(',').map((part) => {
      const [key = '', count = '0'] = part.split('=');
      return [key, Number(count)];
    }),
  );
}

/** Newest first: each option goes on where the one before it stopped. */
function markGroup(items: readonly StorageContent[], keep: ReadonlyMap<string, number>): Marked[] {
  const sorted = [...items].sort((left, right) => right.createdAtMs - left.createdAtMs);
  const marks = new Map<StorageContent, Mark>();
  for (const item of sorted) if (item.isProtected === true) marks.set(item, 'protected');
  const open = () => sorted.filter((item) => !marks.has(item));
  if (keep.get('keep-all') === 1) for (const item of open()) marks.set(item, 'keep');
  for (const item of open().slice(0, keep.get('keep-last') ?? 0)) marks.set(item, 'keep');
  for (const [option, periodOf] of Object.entries(periods)) {
    const count = keep.get(option) ?? 0;
    if (count === 0) continue;
    const covered = new Set(
      sorted.filter((item) => marks.get(item) === 'keep').map((item) => periodOf(item.createdAtMs)),
    );
    const taken = new Set<string>();
    for (const item of open()) {
      const period = periodOf(item.createdAtMs);
      if (covered.has(period) || taken.has(period) || taken.size >= count) continue;
      taken.add(period);
      marks.set(item, 'keep');
    }
  }
  return sorted.map((item) => ({ item, mark: marks.get(item) ?? 'remove' }));
}

export function markBackups(items: readonly StorageContent[], keep: string): Marked[] {
  const groups = new Map<string, StorageContent[]>();
  for (const item of items) {
    const key = `${item.subtype}/${item.vmid}`;
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups.values()].flatMap((group) => markGroup(group, parseKeep(keep)));
}

function marked(call: Call): Marked[] {
  const storage = activated(storageOf(call));
  const type = optionalText(call, 'type');
  const vmid = optionalNumber(call, 'vmid');
  const keep = optionalText(call, 'prune-backups') ?? storage.more['prune-backups'];
  if (keep === undefined) throw died(`no prune-backups options configured for storage '${storage.id}'`);
  const backups = contentOn(call.cluster, storage, text(call, 'node'))
    .filter((item) => item.content === 'backup')
    .filter((item) => type === undefined || item.subtype === type)
    .filter((item) => vmid === undefined || item.vmid === vmid);
  return markBackups(backups, keep).sort((left, right) => left.item.createdAtMs - right.item.createdAtMs);
}

function preview(call: Call) {
  return marked(call).map(({ item, mark }) => ({
    volid: volumeId(item),
    mark,
    type: item.subtype,
    vmid: item.vmid,
    ctime: Math.floor(item.createdAtMs / 1000),
  }));
}

function prune(call: Call): string {
  const { cluster } = call;
  const storage = storageOf(call);
  demand(cluster.access, call.who, `/storage/${storage.id}`, 'Datastore.Allocate');
  const doomed = marked(call).filter(({ mark }) => mark === 'remove');
  const id = `${optionalNumber(call, 'vmid') ?? ''}@${storage.id}`;
  return startTask(
    cluster,
    { node: text(call, 'node'), type: 'prunebackups', id, by: call.who },
    function* (run) {
      for (const { item } of doomed) {
        run.log(`removing backup '${volumeId(item)}'`);
        yield 500;
        cluster.content.splice(cluster.content.indexOf(item), 1);
      }
    },
  );
}

export const pruneHandlers: Handlers = {
  'GET /nodes/{node}/storage/{storage}/prunebackups': preview,
  'DELETE /nodes/{node}/storage/{storage}/prunebackups': prune,
};
