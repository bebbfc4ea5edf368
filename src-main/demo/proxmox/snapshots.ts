import { died } from './errors';
import { flag, optionalText, text, type Call, type Handlers } from './call';
import { configDigest, guestOf, prefixOf, withLock } from './guests';
import { setRunning } from './power';
import { startTask, type TaskRun, type Work } from './tasks';
import type { Cluster, Guest, GuestType, Snapshot } from './types';
import { drivesOf } from './volumes';

/** Containers keep a line end after every description. */
export function descriptionOf(type: GuestType, description: string): string {
  if (type === 'qemu' || description === '' || description.endsWith('\n')) return description;
  return `${description}\n`;
}

/** A volume that can be told apart from others by its state in time: by type of storage and of image. */
export function canSnapshot(cluster: Cluster, guest: Guest): boolean {
  return drivesOf(guest.config)
    .filter((drive) => !drive.key.startsWith('unused'))
    .every((drive) => {
      const type = cluster.storages.get(drive.storage)?.type;
      return type === 'zfspool' || type === 'lvmthin' || drive.volume.endsWith('.qcow2');
    });
}

function find(guest: Guest, name: string): Snapshot {
  const snapshot = guest.snapshots.find((candidate) => candidate.name === name);
  if (snapshot === undefined) throw died(`snapshot '${name}' does not exist`);
  return snapshot;
}

function listSnapshots(type: GuestType) {
  return (call: Call) => {
    const guest = guestOf(call, type);
    const rows = guest.snapshots.map((snapshot) => ({
      name: snapshot.name,
      description: snapshot.description,
      snaptime: Math.floor(snapshot.takenAtMs / 1000),
      ...(snapshot.parent === undefined ? {} : { parent: snapshot.parent }),
      ...(type === 'qemu' ? { vmstate: snapshot.withMemory ? 1 : 0 } : {}),
      ...(snapshot.state === undefined ? {} : { snapstate: snapshot.state }),
    }));
    const current = {
      name: 'current',
      description: 'You are here!',
      digest: configDigest(guest),
      running: guest.running ? 1 : 0,
      ...(guest.parent === undefined ? {} : { parent: guest.parent }),
    };
    return call.cluster.random.next() < 0.5 ? [...rows, current] : [...rows.reverse(), current];
  };
}

function* create(
  cluster: Cluster,
  guest: Guest,
  run: TaskRun,
  wanted: Omit<Snapshot, 'config' | 'takenAtMs'>,
): Work {
  if (guest.snapshots.some((snapshot) => snapshot.name === wanted.name)) {
    throw died(`snapshot name '${wanted.name}' already used`);
  }
  if (!canSnapshot(cluster, guest)) throw died('snapshot feature is not available');
  yield* withLock(guest, 'snapshot', function* () {
    const { pending: _, ...config } = { ...guest.config, pending: undefined };
    const snapshot: Snapshot = {
      ...wanted,
      takenAtMs: cluster.nowMs(),
      parent: guest.parent,
      config,
      state: 'prepare',
    };
    guest.snapshots.push(snapshot);
    try {
      for (const drive of drivesOf(guest.config)) {
        run.log(`snapshotting '${drive.key}' (${drive.volume})`);
        yield 700;
      }
      if (wanted.withMemory) {
        run.log('saving VM state and RAM using storage');
        yield 4000;
        run.log('completed saving the VM state');
      }
      delete snapshot.state;
      guest.parent = snapshot.name;
    } finally {
      if (snapshot.state !== undefined) guest.snapshots.splice(guest.snapshots.indexOf(snapshot), 1);
    }
  });
}

function createSnapshot(type: GuestType) {
  return (call: Call) => {
    const guest = guestOf(call, type);
    const name = text(call, 'snapname');
    if (name === 'current' || (type === 'qemu' && name === 'pending')) {
      throw died(`unable to use snapshot name '${name}' (reserved name)`);
    }
    const description = descriptionOf(type, optionalText(call, 'description') ?? '');
    const wanted = { name, description, withMemory: flag(call, 'vmstate') && guest.running };
    return startTask(
      call.cluster,
      { node: guest.node, type: `${prefixOf(type)}snapshot`, id: String(guest.vmid), by: call.who },
      (run) => create(call.cluster, guest, run, wanted),
    );
  };
}

function* destroy(guest: Guest, run: TaskRun, name: string): Work {
  const snapshot = find(guest, name);
  yield* withLock(guest, 'snapshot-delete', function* () {
    snapshot.state = 'delete';
    try {
      for (const drive of drivesOf(snapshot.config)) {
        run.log(`deleting snapshot '${name}' from ${drive.key} (${drive.volume})`);
        yield 900;
      }
      for (const child of guest.snapshots) if (child.parent === name) child.parent = snapshot.parent;
      if (guest.parent === name) guest.parent = snapshot.parent;
      guest.snapshots.splice(guest.snapshots.indexOf(snapshot), 1);
    } finally {
      delete snapshot.state;
    }
  });
}

function deleteSnapshot(type: GuestType) {
  return (call: Call) => {
    const guest = guestOf(call, type);
    const name = text(call, 'snapname');
    return startTask(
      call.cluster,
      { node: guest.node, type: `${prefixOf(type)}delsnapshot`, id: String(guest.vmid), by: call.who },
      (run) => destroy(guest, run, name),
    );
  };
}

/** ZFS goes back to the newest snapshot only. */
function checkNewest(cluster: Cluster, guest: Guest, snapshot: Snapshot): void {
  const onZfs = drivesOf(guest.config).find(
    (drive) => cluster.storages.get(drive.storage)?.type === 'zfspool',
  );
  const newer = guest.snapshots.some((other) => other.takenAtMs > snapshot.takenAtMs);
  if (onZfs !== undefined && newer) {
    const volume = onZfs.volume.slice(onZfs.storage.length + 1);
    throw died(`can't rollback, '${snapshot.name}' is not most recent snapshot on '${volume}'`);
  }
}

function* rollBack(cluster: Cluster, guest: Guest, run: TaskRun, name: string, start: boolean): Work {
  const snapshot = find(guest, name);
  checkNewest(cluster, guest, snapshot);
  yield* withLock(guest, 'rollback', function* () {
    if (guest.running) {
      run.log(guest.type === 'qemu' ? 'stopping VM' : 'stopping container');
      yield 1000;
      setRunning(cluster, guest, false);
    }
    for (const drive of drivesOf(snapshot.config)) {
      run.log(`rolling back ${drive.key} (${drive.volume}) to '${name}'`);
      yield 900;
    }
    guest.config = { ...snapshot.config };
    guest.pending.clear();
    guest.parent = name;
    if (snapshot.withMemory || start) setRunning(cluster, guest, true);
  });
}

function rollBackTo(type: GuestType) {
  return (call: Call) => {
    const guest = guestOf(call, type);
    const name = text(call, 'snapname');
    return startTask(
      call.cluster,
      { node: guest.node, type: `${prefixOf(type)}rollback`, id: String(guest.vmid), by: call.who },
      (run) => rollBack(call.cluster, guest, run, name, flag(call, 'start')),
    );
  };
}

function readConfig(type: GuestType) {
  return (call: Call) => {
    const { config, description, takenAtMs, parent } = find(guestOf(call, type), text(call, 'snapname'));
    return {
      ...config,
      snaptime: Math.floor(takenAtMs / 1000),
      ...(description === '' ? {} : { description }),
      ...(parent === undefined ? {} : { parent }),
    };
  };
}

function changeDescription(type: GuestType) {
  return (call: Call) => {
    const snapshot = find(guestOf(call, type), text(call, 'snapname'));
    const description = optionalText(call, 'description');
    if (description !== undefined) snapshot.description = descriptionOf(type, description);
    return null;
  };
}

function handlersFor(type: GuestType): Handlers {
  const path = `/nodes/{node}/${type}/{vmid}/snapshot`;
  return {
    [`GET ${path}`]: listSnapshots(type),
    [`POST ${path}`]: createSnapshot(type),
    [`DELETE ${path}/{snapname}`]: deleteSnapshot(type),
    [`GET ${path}/{snapname}`]: () => [{ cmd: 'config' }, { cmd: 'rollback' }],
    [`GET ${path}/{snapname}/config`]: readConfig(type),
    [`PUT ${path}/{snapname}/config`]: changeDescription(type),
    [`POST ${path}/{snapname}/rollback`]: rollBackTo(type),
  };
}

export const snapshotHandlers: Handlers = { ...handlersFor('qemu'), ...handlersFor('lxc') };
