import { authenticateToken, demand } from './access';
import { badParameters, died } from './errors';
import { flag, optionalNumber, text, type Call, type Handlers } from './call';
import { newGuest } from './guest-lifecycle';
import { guestOf, kindOf, prefixOf, withLock } from './guests';
import { setRunning } from './power';
import { isOn } from './resources';
import { startTask, type TaskRun, type Work } from './tasks';
import type { Cluster, ClusterNode, Config, Guest, GuestType } from './types';
import { drivesOf, formatSize, newVolume } from './volumes';

/** A node of another cluster, found and let in by what `target-endpoint` says. */
function enter(call: Call): { remote: Cluster; node: ClusterNode } {
  const parts = new Map(
    text(call, 'target-endpoint')
      .split(',')
      .map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)] as const),
  );
  const token = parts.get('apitoken');
  const host = parts.get('host');
  if (token === undefined || host === undefined) {
    throw badParameters({
      'target-endpoint': 'invalid format - format error\napitoken: property is missing',
    });
  }
  const found = call.cluster.remotes.get(Number(parts.get('port') ?? 8006));
  if (host !== '127.0.0.1' || found === undefined) {
    throw died(
      `failed to connect to remote: Can't connect to ${host}:${parts.get('port') ?? 8006} (Connection refused)`,
    );
  }
  const fingerprint = parts.get('fingerprint');
  if (fingerprint !== found.node.certificate.fingerprint) {
    throw died("failed to connect to remote: fingerprint mismatch, is '...'");
  }
  const who = authenticateToken(found.cluster.access, token, found.cluster.nowMs());
  const vmid = optionalNumber(call, 'target-vmid') ?? 0;
  demand(found.cluster.access, who, `/vms/${vmid}`, 'VM.Allocate');
  return { remote: found.cluster, node: found.node };
}

function checkThere(call: Call, guest: Guest, remote: Cluster, node: ClusterNode, vmid: number): void {
  if (remote.guests.has(vmid)) throw died(`remote: Guest with ID '${vmid}' already exists on remote cluster`);
  const storage = remote.storages.get(text(call, 'target-storage'));
  const content = guest.type === 'qemu' ? 'images' : 'rootdir';
  if (storage === undefined || !isOn(storage, node.name) || !storage.content.includes(content)) {
    throw died(
      `remote: storage '${text(call, 'target-storage')}' does not exist or does not support '${content}'`,
    );
  }
}

function configThere(call: Call, guest: Guest, remote: Cluster, vmid: number): Config {
  const config: Config = { ...guest.config };
  const storage = text(call, 'target-storage');
  const made: string[] = [];
  for (const drive of drivesOf(guest.config)) {
    const format =
      drive.volume.includes('subvol') && remote.storages.get(storage)?.type === 'zfspool' ? 'subvol' : 'raw';
    const volume = newVolume(remote, storage, vmid, format, made);
    made.push(volume);
    config[drive.key] = `${volume},size=${formatSize(drive.sizeBytes)}`;
  }
  for (const key of Object.keys(config)) {
    if (/^net\d+$/.test(key)) {
      config[key] = String(config[key]).replace(/bridge=[^,]+/, `bridge=${text(call, 'target-bridge')}`);
    }
  }
  return config;
}

function* work(
  call: Call,
  guest: Guest,
  remote: Cluster,
  node: ClusterNode,
  vmid: number,
  run: TaskRun,
): Work {
  yield* withLock(guest, 'migrate', function* () {
    const was = guest.running;
    run.log(`remote: started tunnel worker '${node.name}'`);
    run.log(
      `starting migration of ${kindOf(guest.type)} ${guest.vmid} to node '${node.name}' (${node.address})`,
    );
    for (const drive of drivesOf(guest.config)) {
      run.log(`copying local disk '${drive.volume}'`);
      yield 2000;
    }
    const copy = newGuest(guest.type, vmid, node.name, configThere(call, guest, remote, vmid));
    remote.guests.set(vmid, copy);
    if (was) {
      setRunning(call.cluster, guest, false);
      setRunning(remote, copy, true);
    }
    if (flag(call, 'delete')) call.cluster.guests.delete(guest.vmid);
    run.log('migration finished successfully (duration 00:00:12)');
  });
}

function remoteMigrate(type: GuestType) {
  return (call: Call) => {
    const guest = guestOf(call, type);
    if (guest.running && !flag(call, 'online') && !flag(call, 'restart')) {
      throw died(`can't migrate running ${kindOf(type)} without --online`);
    }
    const { remote, node } = enter(call);
    const vmid = optionalNumber(call, 'target-vmid') ?? guest.vmid;
    checkThere(call, guest, remote, node, vmid);
    const task = { node: guest.node, type: `${prefixOf(type)}migrate`, id: String(guest.vmid), by: call.who };
    return startTask(call.cluster, task, (run) => work(call, guest, remote, node, vmid, run));
  };
}

export const remoteMigrateHandlers: Handlers = {
  'POST /nodes/{node}/qemu/{vmid}/remote_migrate': remoteMigrate('qemu'),
  'POST /nodes/{node}/lxc/{vmid}/remote_migrate': remoteMigrate('lxc'),
};
