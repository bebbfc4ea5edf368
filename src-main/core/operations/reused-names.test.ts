import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostActionId, Plan } from '../../../src-preload/contract/operations';
import { createMachine } from '../../demo/machine';
import { microsandboxTools } from '../../demo/microsandbox/raid-05';
import { MsbModel } from '../../demo/microsandbox/model';
import type { Cluster, Guest } from '../../demo/proxmox/types';
import { atlas, attic, startClusterCore, type ClusterCore } from '../testing/cluster-core';
import { quoteArgv } from '../ssh/quote';
import type { ActionContext, PlanDraft } from './action';
import { actions, catalogue } from './actions';
import { replay, transcript, transcriptNames } from './actions/testing/transcript';

/**
 * A name may be given to something else between the plan and the yes. What then tells the new object from the one that
 * was shown, for every action that can lose anything; where nothing does, why that is all there is.
 */

/** One like it: another character of the same kind in its middle. */
function alike(value: string): string {
  const middle = Math.floor(value.length / 2);
  const place = [...value].findIndex((character, index) => index >= middle && /[0-8a-eA-Y]/.test(character));
  const character = value[place];
  if (character === undefined) throw new Error(`Nothing of "${value}" can be changed.`);
  return `${value.slice(0, place)}${String.fromCharCode(character.charCodeAt(0) + 1)}${value.slice(place + 1)}`;
}

/** Which precondition (`input.` for what the input names) is the identity, or how the recorded world becomes another. */
type Identity = readonly string[] | ((stdout: string) => string);

/** By replaying what real tools answered, with the identity of one object exchanged in it. */
const onHosts: Record<string, Identity> = {
  'zfs.pool.create': ['devices.0.serial'],
  'zfs.pool.export': ['guid'],
  'zfs.bookmark.destroy': ['guid'],
  'zfs.snapshot.destroy': ['guid'],
  'zfs.snapshot.rollback': ['dataset', 'guid'],
  'zfs.dataset.destroy': ['guid'],
  'zfs.device.replace': ['guid', 'device.serial'],
  'zfs.device.attach': ['guid', 'device.serial'],
  'zfs.device.offline': ['guid'],
  'zfs.device.detach': ['guid'],
  'zfs.checkpoint.discard': ['guid', 'rests.created'],
  'lvm.snapshot.destroy': ['group', 'uuid'],
  'lvm.snapshot.rollback': ['group', 'uuid', 'originUuid'],
  'lvm.volume.destroy': ['uuid'],
  'lvm.volume.activate': ['uuid'],
  'lvm.pv.move': ['uuid', 'device.serial'],
  'lvm.group.create': ['devices.0.serial'],
  'lvm.group.extend': ['uuid', 'devices.0.serial'],
  'lvm.group.reduce': ['uuid'],
  'lvm.group.removeMissing': ['uuid'],
  'lvm.group.destroy': ['uuid'],
  'mdadm.array.create': ['devices.0.serial'],
  'mdadm.array.stop': ['uuid'],
  'mdadm.array.grow': ['uuid', 'devices.0.serial'],
  'mdadm.array.repair': ['uuid'],
  'mdadm.member.fail': ['uuid'],
  'btrfs.snapshot.destroy': ['input.filesystem', 'uuid'],
  'btrfs.subvolume.destroy': ['input.filesystem', 'uuid'],
  'btrfs.device.add': ['input.filesystem'],
  'btrfs.device.remove': ['input.filesystem'],
  'btrfs.device.replace': ['input.filesystem'],
  'dm.template.destroy': (stdout) => stdout.replace(/1795914968/g, '1795914969'),
  'dm.volume.destroy': (stdout) => stdout.replace(/1795914(\d{3})/g, (_all, end: string) => `1795915${end}`),
  'dm.leftovers.clean': (stdout) => stdout.replace('none.json 3 8 ', 'none.json 3 16 '),
};

/** Changed in a model of microsandbox, whose actions have no recorded answers. */
const onMsb: Record<string, [input: Record<string, unknown>, change: (model: MsbModel) => void]> = {
  'msb.volume.remove': [
    { name: 'cache' },
    (model) => {
      for (const volume of model.volumes) volume.createdAtMs += 60_000;
    },
  ],
  'msb.orphan.delete': [
    { name: 'stray' },
    (model) => {
      for (const folder of model.folders.values()) folder.actualBytes += 4096;
    },
  ],
  'msb.archive.delete': [
    { file: 'base.msb' },
    (model) => {
      for (const archive of model.archives.values()) archive.changedAtMs += 60_000;
    },
  ],
  'msb.snapshot.remove': [
    { snapshot: 'web:base1' },
    (model) => {
      for (const snapshot of model.snapshots) snapshot.digest = alike(snapshot.digest);
    },
  ],
};

/** A sandbox that was removed and made again under its name, from the same image and with the same mounts. */
const sandboxAgain = (model: MsbModel): void => {
  for (const sandbox of model.sandboxes) sandbox.createdAtMs += 1;
};
for (const verb of ['pause', 'exec', 'stop', 'remove'] as const) {
  const more = {
    ...{ pause: {}, remove: {} },
    ...{ exec: { command: 'true', seconds: 5 }, stop: { seconds: 5, atOnce: false } },
  };
  const name = verb === 'remove' ? 'idle' : 'web';
  onMsb[`msb.sandbox.${verb}`] = [{ name, ...more[verb] }, sandboxAgain];
}

const windows = { type: 'qemu', node: 'atlas-2', vmid: 131 };

/** A guest that was deleted and made again: id, name, disks and their sizes are the same. */
function madeAgain(guest: Guest): void {
  for (const key of ['meta', 'net0', 'smbios1', 'vmgenid']) {
    const value = guest.config[key];
    if (value !== undefined) guest.config[key] = alike(String(value));
  }
  if (guest.running) guest.pid += 1;
}

interface Case {
  input: Record<string, unknown> | ((model: Cluster) => Record<string, unknown>);
  before?: (model: Cluster) => void;
  change: (model: Cluster) => void;
}
const again =
  (vmid: number) =>
  (model: Cluster): void => {
    const guest = model.guests.get(vmid);
    if (guest === undefined) throw new Error(`There is no guest ${vmid}.`);
    madeAgain(guest);
  };
const stop =
  (vmid: number) =>
  (model: Cluster): void => {
    const guest = model.guests.get(vmid);
    if (guest !== undefined) guest.running = false;
  };
const web = { type: 'qemu', node: 'atlas-1', vmid: 110 };
const backup = (model: Cluster): string =>
  `nas-backup:${model.content.find(({ storage, volume }) => storage === 'nas-backup' && volume.includes('qemu-100'))?.volume ?? ''}`;
const noKeep = { 'keep-hourly': 0, 'keep-daily': 0, 'keep-weekly': 0, 'keep-monthly': 0, 'keep-yearly': 0 };

/** Changed in the model behind the API, between the plan and its run. */
const onClusters: Record<string, Case> = {
  'pve.guest.stop': { input: web, change: again(110) },
  'pve.guest.reset': { input: web, change: again(110) },
  'pve.guest.shutdown': { input: { ...web, timeout: 60, forceStop: false }, change: again(110) },
  'pve.guest.reboot': { input: web, change: again(110) },
  'pve.guest.suspend': { input: web, change: again(110) },
  'pve.guest.migrate': {
    input: { ...windows, target: 'atlas-1', storage: null },
    before: stop(131),
    change: again(131),
  },
  'pve.ha.remove': {
    input: { sid: 'vm:121' },
    change: (model) => {
      const resource = model.ha.resources.get('vm:121');
      if (resource !== undefined) resource.settings['max_restart'] = 5;
    },
  },
  'pve.ha.rule.delete': {
    input: { kind: 'rule', name: 'metrics-home' },
    change: (model) => {
      const rule = model.ha.rules.get('metrics-home');
      if (rule !== undefined) rule['resources'] = 'vm:121';
    },
  },
  'pve.guest.delete': { input: { ...windows, purge: true }, before: stop(131), change: again(131) },
  'pve.guest.template': { input: windows, before: stop(131), change: again(131) },
  'pve.guest.selftest': { input: windows, before: stop(131), change: again(131) },
  'pve.snapshot.rollback': {
    input: { ...web, name: 'nightly', start: false },
    change: again(110),
  },
  'pve.snapshot.delete': { input: { ...web, name: 'nightly' }, change: again(110) },
  'pve.backup.restore': {
    input: (model) => ({
      ...windows,
      archive: backup(model),
      storage: null,
      unique: true,
      start: false,
      force: true,
    }),
    before: stop(131),
    change: again(131),
  },
  'pve.agent.exec': {
    input: { ...web, command: '/usr/bin/true', inputData: null, seconds: 5 },
    change: again(110),
  },
  'pve.agent.readFile': { input: { ...web, file: '/etc/hostname' }, change: again(110) },
  'pve.agent.writeFile': { input: { ...web, file: '/etc/motd', content: 'x' }, change: again(110) },
  'pve.volume.delete': {
    input: (model) => ({ node: 'atlas-1', storage: 'nas-backup', volid: backup(model) }),
    before: (model) => {
      for (const row of model.content) row.isProtected = false;
    },
    change: (model) => {
      for (const row of model.content) row.createdAtMs += 1000;
    },
  },
  'pve.backup.prune': {
    input: { node: 'atlas-1', storage: 'nas-backup', vmid: null, type: 'qemu', 'keep-last': 1, ...noKeep },
    before: (model) => {
      for (const row of model.content) row.isProtected = false;
    },
    change: (model) => {
      const gone = model.content.findIndex(({ volume }) => volume.includes('vzdump-qemu-100'));
      model.content.splice(gone, 1);
    },
  },
  'pve.job.delete': {
    input: { id: 'backup-nightly' },
    change: (model) => {
      const job = model.backupJobs.get('backup-nightly');
      if (job !== undefined) job['schedule'] = 'sat 04:00';
    },
  },
  'pve.sdn.zone.delete': {
    input: { zone: 'spare' },
    before: (model) => void model.sdn.wanted.zones.set('spare', { type: 'simple' }),
    change: (model) => void model.sdn.wanted.zones.set('spare', { type: 'vlan', bridge: 'vmbr0' }),
  },
  'pve.sdn.vnet.delete': {
    input: { vnet: 'spare' },
    before: (model) => void model.sdn.wanted.vnets.set('spare', { zone: 'lab' }),
    change: (model) => void model.sdn.wanted.vnets.set('spare', { zone: 'lab', tag: 7 }),
  },
};

/** Where nothing of an object could be another one under its name, and what is compared there. */
const elsewhere: Record<string, string> = {
  'pve.guest.remoteMigrate': 'as its own case below: it needs the other cluster',
  'pve.task.stop': 'a UPID names one process of one start, for good',
  'pve.node.reboot':
    'a node is its name in the cluster, whose certificate is pinned; what runs there is compared',
  'pve.node.shutdown': 'as above',
  'pve.service.stop': 'a service is its name on that node; whether it runs is compared',
  'pve.sdn.apply': 'all that waits is compared word for word',
  'pve.certificate.renew': 'the fingerprint of the certificate that is replaced is compared',
  'pve.certificate.upload': 'the fingerprints of both certificates are compared',
  'pve.certificate.delete': 'the fingerprint of the certificate is compared',
  'pve.firewall.rule.delete': 'the digest of all rules is compared, and sent',
  'pve.firewall.options': 'the digest of the options is compared, and sent',
  'disk.unmount': 'path and UUID of what is mounted, and its lines of fstab: actions/disk/mount.test.ts',
  'sandbox.file.remove': 'kind, size and time of change: actions/sandbox-file/journey.test.ts',
  'sandbox.file.removeFolder': 'a digest of all that is in it: actions/sandbox-file/journey.test.ts',
};

describe('a name that was given to something else', () => {
  it('is thought of for every action of the catalogue that can lose anything', () => {
    const losing = [...catalogue.values()].flatMap(({ id, risk }) => (risk === 'safe' ? [] : [id]));
    const known = [onHosts, onMsb, onClusters, elsewhere].flatMap((each) => Object.keys(each));
    expect(losing.filter((id) => !known.includes(id))).toEqual([]);
    expect(known.filter((id) => !catalogue.has(id))).toEqual([]);
    expect(new Set(known).size).toBe(known.length);
  });

  const at = (value: unknown, path: string): unknown =>
    path
      .split('.')
      .reduce<unknown>(
        (inner, key) =>
          typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
        value,
      );

  it.each(Object.keys(onHosts))('is noticed on a host: %s', async (id) => {
    const identity = onHosts[id] ?? [];
    let tried = 0;
    for (const name of transcriptNames()) {
      const { action, input, reads } = transcript(name);
      if (action !== id) continue;
      const bound = actions[action].parse(input);
      const draft = await bound.plan(replay(reads.plan));
      if (draft.blockers.length > 0 || draft.risk === 'safe') continue;
      const changes =
        typeof identity === 'function'
          ? [identity]
          : identity.flatMap((path) => {
              const value = path.startsWith('input.')
                ? at(input, path.slice('input.'.length))
                : at(draft.preconditions, path);
              // A disk of a mapper has no serial number to be compared.
              if (value === null) return [];
              if (typeof value !== 'string') throw new Error(`${name} compares no ${path}.`);
              // A disk keeps its place and its links; only what it says of itself is another's.
              const pattern = new RegExp(`(?<![-_])${value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`, 'g');
              return [(stdout: string) => stdout.replace(pattern, alike(value))];
            });
      for (const change of changes) {
        const world = reads.plan.map((exchange) => ({ ...exchange, stdout: change(exchange.stdout) }));
        expect(world).not.toEqual(reads.plan);
        const now = await bound.plan(replay(world));
        const seen = ({ preconditions, blockers }: typeof now): unknown => [
          preconditions,
          blockers.map(({ text }) => text),
        ];
        expect([name, seen(now)]).not.toEqual([name, seen(draft)]);
        tried += 1;
      }
    }
    expect(tried).toBeGreaterThan(0);
  });

  it.each(Object.keys(onMsb))('is noticed on a host with microsandbox: %s', async (id) => {
    const [input, change] = onMsb[id] ?? [{}, () => undefined];
    const model = new MsbModel('/home/admin/.microsandbox', true);
    const createdAtMs = Date.parse('2026-11-29T01:00:00Z');
    model.addVolume(
      { ...{ name: 'cache', kind: 'dir', labels: [], createdAtMs }, quotaMib: null, capacityBytes: null },
      { actualBytes: 8192, apparentBytes: 8000, changedAtMs: 0 },
    );
    model.folders.set('stray', { actualBytes: 8192, apparentBytes: 8000, changedAtMs: 0 });
    const digest = `sha256:${'1f'.repeat(32)}`;
    model.snapshots.push({
      ...{ group: 'web', name: 'base1', id: '1f1f', digest, image: 'tiny:latest', sizeBytes: 1, createdAtMs },
      ...{ source: 'web', parentId: null, integrity: null },
    });
    const sandbox = { image: 'tiny:latest', createdAtMs, mounts: [], oci: true };
    model.sandboxes.push({ ...sandbox, name: 'web', status: 'Running' });
    model.sandboxes.push({ ...sandbox, name: 'idle', status: 'Stopped' });
    model.hasArchives = true;
    model.archives.set('base.msb', { sizeBytes: 1, changedAtMs: createdAtMs, snapshots: [], images: [] });
    const machine = createMachine({
      user: 'admin',
      tools: microsandboxTools(model),
      nowMs: () => createdAtMs,
    });
    const context: ActionContext = {
      nowMs: () => createdAtMs,
      lastKnownStatus: () => Promise.resolve(null),
      read: async (operation, argv, { acceptExitCodes = [0] } = {}) => {
        const [tool = '', ...rest] = argv;
        const path = tool === 'msb' ? '/usr/local/bin/msb' : `/usr/bin/${tool}`;
        const result = machine.run(`LC_ALL=C ${quoteArgv([path, ...rest])}`);
        if (!acceptExitCodes.includes(result.exitCode)) throw new Error(`${operation}: ${result.stderr}`);
        return result;
      },
    };
    const plan = (): Promise<PlanDraft> => actions[id as HostActionId].parse(input).plan(context);
    const draft = await plan();
    expect(draft.blockers).toEqual([]);
    expect((await plan()).preconditions).toEqual(draft.preconditions);
    change(model);
    expect((await plan()).preconditions).not.toEqual(draft.preconditions);
  });
});

describe('a name that was given to something else on a cluster', () => {
  let world: ClusterCore;
  beforeEach(async () => {
    world = await startClusterCore();
    await world.refresh();
  });
  afterEach(() => world.close());

  async function planned(id: string): Promise<Plan> {
    const { input, before } = onClusters[id] ?? { input: {} };
    before?.(world.model(atlas));
    const plan = await world.core.plan(
      atlas,
      id,
      typeof input === 'function' ? input(world.model(atlas)) : input,
    );
    expect(plan.blockers).toEqual([]);
    expect(plan.risk).not.toBe('safe');
    world.core.clockOffsetMs = 6_000;
    return plan;
  }

  it.each(Object.keys(onClusters))('is noticed, and nothing is done: %s', async (id) => {
    const plan = await planned(id);
    onClusters[id]?.change(world.model(atlas));
    const result = await world.core.run(plan);
    expect([id, result.outcome, result.message]).toEqual([
      id,
      'refused',
      'The host changed since the plan was made, so nothing was sent. Plan it again to see what is different.',
    ]);
  });

  it.each(Object.keys(onClusters))('is no reason to refuse where nothing changed: %s', async (id) => {
    const result = await world.core.run(await planned(id));
    expect([id, result.outcome]).not.toEqual([id, 'refused']);
  });

  it('is noticed of a guest that is to be deleted once it is on another cluster', async () => {
    const { clusters } = await world.core.call('clusters:list', {});
    const found = clusters.find(({ cluster }) => cluster.id === attic)?.cluster;
    if (found === undefined) throw new Error('attic is gone');
    const { id: _id, demo: _demo, createdAtMs: _at, ...settings } = found;
    await world.core.call('clusters:update', {
      clusterId: attic,
      settings: { ...settings, accessLevel: 'administer' },
      secret: null,
    });
    for (const grant of world.model(attic).access.grants) grant.role = 'Administrator';
    const target = { cluster: attic, newid: 231, storage: 'local-lvm', bridge: 'vmbr0', deleteSource: true };
    const plan = await world.core.plan(atlas, 'pve.guest.remoteMigrate', { ...windows, ...target });
    expect([plan.blockers, plan.risk]).toEqual([[], 'catastrophic']);
    world.core.clockOffsetMs = 6_000;
    again(131)(world.model(atlas));
    expect((await world.core.run(plan)).outcome).toBe('refused');
    expect(world.model(atlas).guests.has(131)).toBe(true);
  });
});
