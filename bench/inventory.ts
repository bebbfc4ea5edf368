import { join } from 'node:path';
import type { Probe } from '../src-main/core/storage/backend';
import type { HostInventory } from '../src-preload/contract/inventory';
import { readInventory, runProbe, type InventoryReading } from '../src-main/core/storage/read-inventory';
import { zfsProbes } from '../src-main/core/storage/zfs/commands';
import { backends } from '../src-main/core/storage/registry';
import type { ExecRequest, SshSession } from '../src-main/core/ssh/types';
import { addHosts, startCore, withSession } from './core';
import { withFolder } from './folder';
import { withMaster } from './open-ssh';
import { withHosts, type ServedHost } from './servers';
import { median, ms, pairedRatio, timed, type BenchResult, type BenchRow } from './types';

/** Probes of the backends whose tools the host has, also those that the first ones ask for. */
async function probesOf(session: SshSession): Promise<Probe[]> {
  const located = await session.locate(backends.flatMap(({ tools }) => [...tools]));
  const present = backends.filter(({ tools }) => tools.every((tool) => located.has(tool)));
  const rounds = present.map(async ({ probes, followUp }) => {
    const outcomes = await Promise.all(
      probes.map(async (probe) => [probe.id, await runProbe(session, probe, undefined)] as const),
    );
    return [...probes, ...(followUp?.(new Map(outcomes)) ?? [])];
  });
  return (await Promise.all(rounds)).flat();
}

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

/** Pairs of a first reading, with SMART of every disk: several times as long. */
const firstPairs = 9;

async function againstSlowest(host: ServedHost, pairs: number) {
  return withSession(host, async (session) => {
    const { snapshots, inventory: last } = await read(session);
    const probes = await probesOf(session);
    const alone: { probe: Probe; took: number }[] = [];
    for (const probe of probes) {
      const times: number[] = [];
      for (let run = 0; run < 9; run += 1) times.push(await timed(() => execute(session, probe)));
      alone.push({ probe, took: median(times) });
    }
    const slowest = alone.reduce((worst, one) => (one.took > worst.took ? one : worst));
    await read(session, { last });
    const measured = await pairedRatio(
      pairs,
      () => read(session, { last }),
      () => execute(session, slowest.probe),
    );
    const first = await pairedRatio(
      firstPairs,
      () => read(session),
      () => execute(session, slowest.probe),
    );
    return { ...measured, first: first.ratio, alone, slowest: slowest.probe.id, snapshots: snapshots.length };
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
      const singles = alone.map(({ probe, took }) => `${probe.id} ${ms(took)}`).join(', ');
      return {
        id: 'inventory',
        ratio,
        limit: 1.5,
        baseline: `${slowest} alone over the same connection`,
        n,
        note: `demo host nas-01, ${snapshots} snapshots: ${ms(measuredMs)} against ${ms(baselineMs)}; alone: ${singles}; kvm-03 (LVM) ${lvm.ratio.toFixed(2)}x, ${ms(lvm.measuredMs)} against ${ms(lvm.baselineMs)}; a first reading, with SMART of every disk: ${first.toFixed(2)}x, LVM host ${lvm.first.toFixed(2)}x`,
      };
    }),
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

const fleet50: BenchRow = {
  id: 'fleet-50',
  run: () =>
    withHosts({ kind: 'copies', count: fleetSize }, (hosts) =>
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
            id: 'fleet-50',
            ratio,
            limit: 8,
            baseline: 'one of these hosts',
            n,
            note: `copies of nas-01, connected: ${ms(measuredMs)} against ${ms(baselineMs)}, ${ms(cpuMs)} of processor for each host; with connecting ${median(cold).toFixed(2)}x`,
          };
        } finally {
          await core.close();
        }
      }),
    ),
};

export const rows: BenchRow[] = [inventory, large, openSsh, fleet50];
