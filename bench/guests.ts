import { resourcesSchema } from '../src-main/core/proxmox/read-cluster';
import { guestMatcher, sortGuests } from '../src-renderer/screens/guests/guest-rows';
import { packGuests } from '../src-main/core/clusters/pack-inventory';
import { unpackGuests } from '../src-renderer/stores/unpack-inventory';
import type { Cluster, PackedGuests } from '../src-preload/contract/clusters';
import { ms, pairedRatio, type BenchRow } from './types';

const pairs = 25;

const cluster = { id: 'big', name: 'big' } as unknown as Cluster;

/** What `GET /cluster/resources` sends of so many guests, with every key of Proxmox VE 9.2. */
export function resourcesBody(guests: number, nodes = 40): string {
  const rows: Record<string, unknown>[] = [];
  for (let index = 0; index < guests; index += 1) {
    const type = index % 4 === 3 ? 'lxc' : 'qemu';
    rows.push({
      id: `${type}/${100 + index}`,
      type,
      vmid: 100 + index,
      node: `node-${index % nodes}`,
      name: `guest-${index}`,
      status: index % 5 === 0 ? 'stopped' : 'running',
      template: 0,
      uptime: index * 31,
      cpu: (index % 97) / 97,
      maxcpu: 4,
      mem: 1_073_741_824 + index,
      maxmem: 4_294_967_296,
      memhost: 1_073_741_824,
      disk: 0,
      maxdisk: 34_359_738_368,
      diskread: index * 4096,
      diskwrite: index * 8192,
      netin: index * 1500,
      netout: index * 900,
      tags: 'prod;web',
    });
  }
  for (let index = 0; index < nodes; index += 1) {
    const node = `node-${index}`;
    rows.push({
      id: `node/${node}`,
      type: 'node',
      node,
      status: 'online',
      cpu: 0.2,
      maxcpu: 64,
      mem: 1,
      maxmem: 2,
    });
    rows.push({
      id: `storage/${node}/local`,
      type: 'storage',
      node,
      storage: 'local',
      status: 'available',
      disk: 1,
      maxdisk: 2,
      shared: 0,
      content: 'iso',
      plugintype: 'dir',
    });
  }
  return JSON.stringify({ data: rows });
}

/** From the body as it came, checked, over the border to the page as JSON, searched and sorted as the table shows it. */
function toTable(text: string, guests: number): void {
  const { data } = JSON.parse(text) as { data: unknown };
  const read = resourcesSchema.parse(data);
  const crossed = unpackGuests(JSON.parse(JSON.stringify(packGuests(read.guests))) as PackedGuests);
  const rows = crossed.map((guest) => ({ key: `big/${guest.vmid}`, cluster, guest }));
  const shown = sortGuests(rows.filter(guestMatcher('guest')), 'name', false);
  if (shown.length !== guests)
    throw new Error(`Only ${shown.length} of ${guests} guests stand in the table.`);
}

const row = (guests: number, limit: number | null): BenchRow => ({
  id: `guests-${guests}`,
  run: async () => {
    const text = resourcesBody(guests);
    const ours = (): void => toTable(text, guests);
    const baseline = (): void => {
      if (!Array.isArray((JSON.parse(text) as { data: unknown }).data)) throw new Error('It is no list.');
    };
    for (let warm = 0; warm < 10; warm += 1) {
      ours();
      baseline();
    }
    const { ratio, measuredMs, baselineMs } = await pairedRatio(pairs, ours, baseline);
    return {
      id: `guests-${guests}`,
      ratio,
      limit,
      baseline: 'JSON.parse of the body',
      n: pairs,
      note: `${guests} guests on 40 nodes, ${(text.length / 1e6).toFixed(1)} MB: ${ms(measuredMs)} against ${ms(baselineMs)}`,
    };
  },
});

export const rows: BenchRow[] = [row(5_000, 3), row(15_000, null)];
