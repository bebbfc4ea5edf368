import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostInventory } from '../../src-preload/contract/inventory';
import type { Field, SubjectRef } from '../../src-preload/contract/offers';
import {
  hostActionIds,
  type Offer,
  type OperationResult,
  type Plan,
  type Risk,
} from '../../src-preload/contract/operations';
import { createCore } from '../core/create-core';
import { startTestCore, type TestCore } from '../core/testing/test-core';

/** Hosts of the demo fleet that answer. */
const hostIds = ['demo-nas', 'demo-vault', 'demo-kvm', 'demo-raid', 'demo-media'];

/** What a person would answer who takes what the form holds, and the first that can be chosen where it holds nothing. */
function answerTo(field: Field, turn: number): string | number | boolean | string[] | null {
  switch (field.kind) {
    case 'text':
      return field.value !== '' ? field.value : field.required ? `demo${turn}` : null;
    case 'size':
      return field.value !== '' ? field.value : field.required ? '64M' : null;
    case 'number':
    case 'switch':
      return field.value;
    case 'choice':
      return field.value !== ''
        ? field.value
        : (field.options.find(({ excuse }) => excuse === null)?.value ?? '');
    case 'pick': {
      const free = field.options.filter(({ excuse }) => excuse === null).map(({ value }) => value);
      return field.value.length >= field.min ? field.value : free.slice(0, field.min);
    }
  }
}

function subjectsOf(inventory: HostInventory, snapshotIds: readonly string[]): SubjectRef[] {
  const sandbox = inventory.sandbox ?? null;
  const members = inventory.pools.flatMap((pool) => {
    const names = (nodes: typeof pool.topology): string[] =>
      nodes.flatMap(({ name, children }) => [name, ...names(children)]);
    return names(pool.topology).map((name) => ({ kind: 'member' as const, poolId: pool.id, name }));
  });
  return [
    { kind: 'host' },
    ...inventory.pools.map(({ id }) => ({ kind: 'pool' as const, poolId: id })),
    ...members,
    ...inventory.volumes.map(({ id }) => ({ kind: 'volume' as const, volumeId: id })),
    ...snapshotIds.map((snapshotId) => ({ kind: 'snapshot' as const, snapshotId })),
    ...(inventory.disks ?? []).map(({ id }) => ({ kind: 'disk' as const, diskId: id })),
    ...(sandbox?.drivers ?? []).map(({ driver }) => ({ kind: 'sandbox-host' as const, driver })),
    ...(sandbox?.sandboxes ?? []).map(({ id }) => ({ kind: 'sandbox' as const, sandboxId: id })),
    ...(sandbox?.volumes ?? []).map(({ id }) => ({ kind: 'sandbox-volume' as const, volumeId: id })),
    ...(sandbox?.snapshots ?? []).map(({ id }) => ({ kind: 'sandbox-snapshot' as const, snapshotId: id })),
    ...(sandbox?.templates ?? []).map(({ id }) => ({ kind: 'sandbox-template' as const, templateId: id })),
  ];
}

/** Where the first answer that comes to mind is none. */
const better: Readonly<Record<string, (input: Record<string, unknown>) => Record<string, unknown>>> = {
  'zfs.dataset.rename': ({ dataset }) => ({ newName: `${String(dataset)}-anew` }),
  'zfs.property.set': () => ({ property: 'compression', value: 'zstd' }),
  'zfs.dataset.destroy': () => ({ recursive: true }),
  'lvm.group.rename': () => ({ name: 'vg_anew' }),
  'lvm.volume.rename': () => ({ name: 'lv_anew' }),
  'btrfs.label.set': () => ({ label: 'anew' }),
  'msb.sandbox.exec': () => ({ command: 'uname\n-a' }),
  'dm.settings': () => ({ defaultSize: '12G' }),
};

const journey = 'src-main/demo/journey.test.ts';
const media = 'src-main/demo/btrfs/media.test.ts';

/** What wants a world of its own: the test that brings it about on the demo, or why nothing here does. */
const elsewhere: Readonly<Record<string, string>> = {
  'lvm.group.create': journey,
  'lvm.group.destroy': journey,
  'lvm.group.removeMissing': journey,
  'mdadm.array.assemble': journey,
  'btrfs.scrub.resume': media,
  'btrfs.balance.resume': media,
  'btrfs.balance.cancel': media,
  'btrfs.device.remove': media,
  'btrfs.device.replace': media,
  'msb.snapshot.head': 'src-main/demo/microsandbox/journey.test.ts',
  'zfs.pool.import': 'the name that is typed has to be one that was exported there',
  'zfs.device.online': 'a device that was taken offline before; the one that is faulted stays so',
  'zfs.bookmark.destroy': 'the name that is typed has to be a bookmark of that dataset',
  'mdadm.array.create': 'raid-05 has one disk that is free',
  'mdadm.array.grow': 'no array of raid-05 has a spare while it is not rebuilt',
  'mdadm.array.resize': 'the arrays of raid-05 use their disks whole',
  'mdadm.array.repair': 'a check is stopped first, then another job has begun',
  'btrfs.replace.cancel': 'a replacement goes on only after the balance has ended',
  'btrfs.device.resize': 'the file systems of media-06 use their disks whole, or another job goes on',
  'file.restore': 'is asked for in the browser of a snapshot: e2e/files.spec.ts',
};

describe('every action of a host, on the demo fleet', () => {
  let data: string;
  let core: TestCore;
  let turn = 0;
  let exported = 'none';

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'holdfast-demo-actions-'));
    core = await startTestCore({ dataDirectory: data, demo: true, start: createCore });
    for (const hostId of hostIds) await core.call('inventory:refresh', { hostId });
  });
  afterAll(async () => {
    await core.close();
    rmSync(data, { recursive: true, force: true });
  });

  /** All that is offered on a host now and has no excuse, with the form filled in. */
  async function offered(hostId: string): Promise<{ offer: Offer; input: Record<string, unknown> }[]> {
    const { inventory } = await core.call('inventory:read', { hostId });
    if (inventory === null) throw new Error(`${hostId} was not read.`);
    const { rows } = await core.call('inventory:snapshots', {
      ...{ hostId, poolId: null, volumeName: null, search: '' },
      ...{ sort: 'createdAtMs', descending: true, offset: 0, limit: 60 },
    });
    const found: { offer: Offer; input: Record<string, unknown> }[] = [];
    for (const subject of subjectsOf(
      inventory,
      rows.map(({ id }) => id),
    )) {
      const { offers } = await core.call('operations:offers', { hostId, subject });
      for (const offer of offers.filter(({ excuse }) => excuse === null)) {
        turn += 1;
        const answers = offer.fields.map((field) => [field.name, answerTo(field, turn)] as const);
        const input = { ...offer.input, ...Object.fromEntries(answers) };
        found.push({
          offer,
          input: {
            ...input,
            ...better[offer.action]?.(input),
            ...(offer.action === 'zfs.pool.import' ? { pool: exported } : {}),
          },
        });
      }
    }
    return found;
  }

  /** The next of these that can be planned without a blocker; those before it are taken away. */
  async function plannable(
    hostId: string,
    those: { offer: Offer; input: Record<string, unknown> }[],
    trouble: string[],
  ): Promise<Plan | null> {
    for (let next = those.shift(); next !== undefined; next = those.shift()) {
      const { action } = next.offer;
      try {
        const plan = await core.plan(hostId, action, next.input);
        if (plan.blockers.length === 0) return plan;
        trouble.push(...plan.blockers.map(({ text }) => `${hostId} ${action}: ${text}`));
      } catch (thrown) {
        trouble.push(`${hostId} ${action}: ${String(thrown)}`);
      }
    }
    return null;
  }

  const ran = (result: OperationResult): boolean => ['ok', 'warning'].includes(result.outcome);

  it('can be carried out from its menu', { timeout: 600_000 }, async () => {
    const done = new Set<string>();
    const trouble: string[] = [];
    /** Carries out what is offered on this host and was not yet, until nothing new is left. */
    async function exhaust(hostId: string, risk: Risk): Promise<void> {
      const tried = new Set<string>();
      for (;;) {
        const all = (await offered(hostId)).filter(({ offer }) => offer.risk === risk);
        const next = all.find(({ offer }) => !done.has(offer.action) && !tried.has(offer.action));
        if (next === undefined) return;
        const { action } = next.offer;
        tried.add(action);
        const those = all.filter(({ offer }) => offer.action === action);
        for (let runs = 0; runs < 3 && those.length > 0 && !done.has(action); runs += 1) {
          const plan = await plannable(hostId, those, trouble);
          if (plan === null) break;
          const result = await core.run(plan);
          if (ran(result)) {
            done.add(action);
            if (action === 'zfs.pool.export') exported = plan.target.name;
          } else {
            trouble.push(`${hostId} ${action} ${result.outcome}: ${result.message}`);
            trouble.push(...result.steps.map(({ stderr }) => `${hostId} ${action} said: ${stderr}`));
          }
          await core.call('inventory:refresh', { hostId });
        }
      }
    }
    // Some of it is possible only after something else was done.
    for (let pass = 1; pass <= 2; pass += 1) {
      for (const risk of ['safe', 'destructive', 'catastrophic'] as const) {
        for (const hostId of hostIds) await exhaust(hostId, risk);
      }
    }
    expect(hostActionIds.filter((id) => !done.has(id) && !(id in elsewhere))).toEqual([]);
    for (const [id, where] of Object.entries(elsewhere).filter(([, text]) => text.endsWith('.test.ts')))
      expect([id, readFileSync(where, 'utf8').includes(`'${id}'`)]).toEqual([id, true]);
    // What is reported as done and is not: but for the disk of vault-02 that is really broken.
    expect(
      trouble.filter((line) => line.includes('does not show the effect') && !line.includes('ZJV1G4KK')),
    ).toEqual([]);
    // What a host of the demo cannot do, it says as itself; nothing that is offered may come to that.
    expect(trouble.filter((line) => /demo host|not understood|Internal|internal/.test(line))).toEqual([]);
  });
});
