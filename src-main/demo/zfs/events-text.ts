import type { HistoryEvent, Pool } from './types';

/** The text of `zpool events -v`: history events only, as OpenZFS 2.1.11 prints them. */

const hex = (value: number | bigint) => `0x${value.toString(16)}`;

function eventText(pool: Pool, event: HistoryEvent): string {
  const [, day, month, year, clock] = new Date(event.atMs).toUTCString().replace(',', '').split(' ');
  const seconds = Math.floor(event.atMs / 1000);
  const nanoseconds = (event.atMs - seconds * 1000) * 1_000_000;
  const time = `${month} ${String(Number(day)).padStart(2)} ${year} ${clock}.${String(nanoseconds).padStart(9, '0')}`;
  return [
    `${time} sysevent.fs.zfs.history_event`,
    '        version = 0x0',
    '        class = "sysevent.fs.zfs.history_event"',
    `        pool = "${pool.name}"`,
    `        pool_guid = ${hex(BigInt(pool.guid))}`,
    '        pool_state = 0x0',
    '        pool_context = 0x0',
    '        history_hostname = "storagehost"',
    `        history_dsname = "${event.datasetName}"`,
    `        history_internal_str = "${event.text}"`,
    `        history_internal_name = "${event.name}"`,
    `        history_dsid = ${hex(event.datasetId)}`,
    `        history_txg = ${hex(event.txg)}`,
    `        history_time = ${hex(seconds)}`,
    `        time = ${hex(seconds)} ${hex(nanoseconds)} `,
    `        eid = ${hex(event.id)}`,
    '',
    '',
  ].join('\n');
}

export function eventsText(pools: readonly Pool[]): string {
  const events = pools.flatMap((pool) => pool.events.map((event) => ({ pool, event })));
  return `TIME                           CLASS\n${events.map(({ pool, event }) => eventText(pool, event)).join('')}`;
}
