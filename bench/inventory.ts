import { join } from 'node:path';
import type { Probe } from '../src-main/core/storage/backend';
import type { HostInventory } from '../src-preload/contract/inventory';
import { readInventory, type InventoryReading } from '../src-main/core/storage/read-inventory';
import { zfsProbes } from '../src-main/core/storage/zfs/commands';
import type { ExecRequest, SshSession } from '../src-main/core/ssh/types';
import { addHosts, startCore, withSession } from './core';
import { withFolder } from './folder';
import { withMaster } from './open-ssh';
import { withHosts, type ServedHost } from './servers';
import { median, ms, pairedRatio, timed, type BenchResult, type BenchRow } from './types';

const execute = (session: SshSession, probe: Probe) =>
  session.exec({ ...probe, operation: `measure ${probe.id}`, mutates: false });

async function read(
  session: SshSession,
  options: { disks?: boolean; last?: HostInventory } = {},
): Promise<InventoryReading> {
  const reading = await readInventory(session, { id: session.hostId }, { nowMs: Date.now, ...options });
  if (reading.inventory.pools.length === 0) throw new Error(`No pool of ${session.hostId} was read.`);
  return reading;
}

const named = (hosts: readonly ServedHost[], name: string): ServedHost => {
  const host = hosts.find((one) => one.name === name);
  if (host === undefined) throw new Error(`The demo has no host ${name}.`);
  return host;
};

/** What one reading of the host sends. */
async function commandsOf(session: SshSession, options: Parameters<typeof read>[1]): Promise<ExecRequest[]> {
  const sent: ExecRequest[] = [];
  const recording: SshSession = {
    hostId: session.hostId,
    exec: (request) => {
      sent.push(request);
      return session.exec(request);
    },
    render: (argv, privileged) => session.render(argv, privileged),
    locate: (tools, refresh) => session.locate(tools, refresh),
  };
  await read(recording, options);
  return sent;
}

/** Pairs of a first reading, with SMART of every disk: several times as long. */
const firstPairs = 9;

async function againstSlowest(host: ServedHost, pairs: number) {
  return withSession(host, async (session) => {
    const { snapshots, inventory: last } = await read(session);
    const alone: { request: ExecRequest; name: string; took: number }[] = [];
    for (const request of await commandsOf(session, { last })) {
      const times: number[] = [];
      for (let run = 0; run < 9; run += 1) times.push(await timed(() => session.exec(request)));
      alone.push({ request, name: request.argv.slice(0, 2).join(' '), took: median(times) });
    }
    alone.sort((a, b) => b.took - a.took);
    const [slowest] = alone;
    if (slowest === undefined) throw new Error(`A reading of ${session.hostId} sends nothing.`);
    await read(session, { last });
    const measured = await pairedRatio(
      pairs,
      () => read(session, { last }),
      () => session.exec(slowest.request),
    );
    const first = await pairedRatio(
      firstPairs,
      () => read(session),
      () => session.exec(slowest.request),
    );
    return { ...measured, first: first.ratio, alone, slowest: slowest.name, snapshots: snapshots.length };
  });
}

const inventory: BenchRow = {
  id: 'inventory',
  run: () =>
    withHosts({ kind: 'fleet' }, async (hosts) => {
      const n = 31;
      const { ratio, first, measuredMs, baselineMs, alone, slowest, snapshots } = await againstSlowest(
        named(hosts, 'nas-01'),
        n,
      );
      const lvm = await againstSlowest(named(hosts, 'kvm-03'), n);
      const singles = alone
        .slice(0, 6)
        .map(({ name, took }) => `${name} ${ms(took)}`)
        .join(', ');
      return {
        id: 'inventory',
        ratio,
        limit: 1.5,
        baseline: `${slowest} alone over the same connection`,
        n,
        note: `demo host nas-01, ${snapshots} snapshots: ${ms(measuredMs)} against ${ms(baselineMs)}; slowest alone: ${singles}; kvm-03 (LVM) ${lvm.ratio.toFixed(2)}x, ${ms(lvm.measuredMs)} against ${ms(lvm.baselineMs)} of ${lvm.slowest}; a first reading, with SMART of every disk: ${first.toFixed(2)}x, LVM host ${lvm.first.toFixed(2)}x`,
      };
    }),
};

async function againstItsCommands(session: SshSession, n: number, options: Parameters<typeof read>[1]) {
  const sent = await commandsOf(session, options);
  const raw = () => Promise.all(sent.map((request) => session.exec(request)));
  await raw();
  const measured = await pairedRatio(n, () => read(session, options), raw);
  return { ...measured, commands: sent.length };
}

const largeHost = { datasets: 1_000, snapshots: 100_000 } as const;

const large: BenchRow = {
  id: 'inventory-100k',
  run: () =>
    withHosts({ kind: 'large', ...largeHost }, async ([host]) => {
      if (host === undefined) throw new Error('No host is served.');
      return withSession(host, async (session) => {
        const { inventory: first, snapshots } = await read(session);
        if (snapshots.length !== largeHost.snapshots || first.volumes.length < largeHost.datasets) {
          throw new Error(`Only ${snapshots.length} snapshots of ${first.volumes.length} volumes were read.`);
        }
        const n = 15;
        const all = await againstItsCommands(session, n, { last: first });
        const pools = await againstItsCommands(session, n, { disks: false });
        const names = await pairedRatio(
          n,
          () => read(session, { last: first }),
          () => execute(session, zfsProbes.snapshotNames),
        );
        return {
          id: 'inventory-100k',
          ratio: all.ratio,
          limit: 1.5,
          baseline: `the ${all.commands} commands it sends, side by side over the same connection`,
          n,
          note: `simulated host, ${first.volumes.length} datasets, ${snapshots.length} snapshots by name: ${ms(all.measuredMs)}, in its rounds and parsed, against ${ms(all.baselineMs)}; against the raw list of names alone ${names.ratio.toFixed(2)}x, ${ms(names.measuredMs)} against ${ms(names.baselineMs)}; without disks ${pools.ratio.toFixed(2)}x, ${ms(pools.measuredMs)} against ${ms(pools.baselineMs)}`,
        };
      });
    }),
};

async function againstOpenSsh(host: ServedHost, n: number) {
  return withFolder((folder) =>
    withSession(host, (session) =>
      withMaster(host, folder, async (master) => {
        const { inventory: last } = await read(session);
        const commands = (await commandsOf(session, { last })).map(
          ({ argv, privileged, acceptExitCodes }) => ({
            line: session.render(argv, privileged).commandLine,
            acceptExitCodes,
          }),
        );
        const oneAfterAnother = async () => {
          for (const { line, acceptExitCodes } of commands) await master.run(line, acceptExitCodes);
        };
        await oneAfterAnother();
        await read(session, { last });
        const measured = await pairedRatio(n, () => read(session, { last }), oneAfterAnother);
        return { ...measured, commands: commands.length };
      }),
    ),
  );
}

const openSsh: BenchRow = {
  id: 'inventory-openssh',
  run: () =>
    withHosts({ kind: 'fleet' }, async (hosts) => {
      const n = 21;
      const { ratio, measuredMs, baselineMs, commands } = await againstOpenSsh(named(hosts, 'nas-01'), n);
      const lvm = await againstOpenSsh(named(hosts, 'kvm-03'), n);
      return {
        id: 'inventory-openssh',
        ratio,
        limit: 0.25,
        baseline: `the same ${commands} commands by OpenSSH over one ControlMaster connection, one after another`,
        n,
        note: `demo host nas-01: ${ms(measuredMs)}, located and parsed, against ${ms(baselineMs)} for bare output; kvm-03 (LVM) ${lvm.ratio.toFixed(2)}x, ${ms(lvm.measuredMs)} against ${ms(lvm.baselineMs)}`,
      };
    }),
};

const fleetSize = 50;

const fleetOf = (id: string, limit: number | null, awayMs: number): BenchRow => ({
  id,
  run: () =>
    withHosts({ kind: 'copies', count: fleetSize, awayMs }, (hosts) =>
      withFolder(async (folder): Promise<BenchResult> => {
        const core = await startCore(join(folder, 'data'), (stores) => addHosts(stores, hosts));
        const [first] = hosts;
        if (first === undefined) throw new Error('No host is served.');
        const one = async () => {
          const arrived = core.inventories(1);
          await core.call('inventory:refresh', { hostId: first.name });
          await arrived;
        };
        const all = async () => {
          const arrived = core.inventories(fleetSize);
          const { started } = await core.call('inventory:refreshAll', {});
          if (started !== fleetSize) throw new Error(`${started} hosts were refreshed.`);
          await arrived;
        };
        const disconnect = async () => {
          for (const { name } of hosts) await core.call('hosts:disconnect', { hostId: name });
        };
        try {
          await all();
          const cold: number[] = [];
          for (let run = 0; run < 3; run += 1) {
            await disconnect();
            const single = await timed(one);
            await disconnect();
            cold.push((await timed(all)) / single);
          }
          const n = 7;
          const cpuBefore = process.cpuUsage();
          const { ratio, measuredMs, baselineMs } = await pairedRatio(n, all, one);
          const { user, system } = process.cpuUsage(cpuBefore);
          const cpuMs = (user + system) / 1000 / n / (fleetSize + 1);
          return {
            id,
            ratio,
            limit,
            baseline: 'one of these hosts',
            n,
            note: `copies of nas-01${awayMs === 0 ? '' : `, each answer ${awayMs} ms later as over a network`}, connected: ${ms(measuredMs)} against ${ms(baselineMs)}, ${ms(cpuMs)} of processor for each host; with connecting ${median(cold).toFixed(2)}x`,
          };
        } finally {
          await core.close();
        }
      }),
    ),
});

export const rows: BenchRow[] = [
  inventory,
  large,
  openSsh,
  fleetOf('fleet-50', 8, 0),
  // What a laptop meets: hosts that are a network away, and tools that take their time.
  fleetOf('fleet-50-away', 8, 40),
];
