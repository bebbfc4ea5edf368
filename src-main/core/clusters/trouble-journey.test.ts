import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { atlas, attic, startClusterCore, type ClusterCore } from '../testing/cluster-core';

let world: ClusterCore;
beforeEach(async () => {
  world = await startClusterCore();
});
afterEach(() => world.close());

const told = (): string[] =>
  world.core.events.flatMap(({ event, payload }) => {
    if (event !== 'trouble:changed') return [];
    const { title } = payload as { title: string };
    return [title];
  });
const noticed = (): string[] => world.core.notices.map(({ title }) => title);

function setOnline(name: string, online: boolean): void {
  const node = world.model(atlas).nodes.get(name);
  if (node === undefined) throw new Error(`There is no ${name}.`);
  node.online = online;
}

describe('trouble of a cluster', () => {
  it('is an event on its transition, and a notification when it is new', async () => {
    // atlas-3 is down from the start: that is how things are.
    for (let reading = 0; reading < 5; reading += 1) await world.refresh();
    expect(told()).toEqual([]);
    setOnline('atlas-2', false);
    world.model(atlas).quorate = false;
    await world.refresh();
    await world.refresh();
    expect(told()).toEqual([]);
    await world.refresh();
    expect(told()).toEqual(['atlas lost its quorum', 'atlas: node atlas-2 is offline']);
    expect(noticed()).toEqual(told());
    await world.refresh();
    world.model(atlas).quorate = true;
    setOnline('atlas-2', true);
    setOnline('atlas-3', true);
    await world.refresh();
    expect(told()).toHaveLength(2);
    await world.refresh();
    expect(told().slice(2)).toEqual([
      'atlas has its quorum again',
      'atlas: node atlas-2 is online again',
      'atlas: node atlas-3 is online again',
    ]);
    // What was no news in the beginning is none in the end.
    expect(noticed().slice(2)).toEqual(['atlas has its quorum again', 'atlas: node atlas-2 is online again']);
  });

  it('is that it cannot be read, by thresholds that the settings say', async () => {
    await world.core.call('settings:update', { troubleReadings: 2, recoveryReadings: 1 });
    await world.refresh(attic);
    // What is asked after the first sync is answered before nobody may ask any more.
    await expect
      .poll(async () => (await world.core.call('clusters:read', { clusterId: attic })).inventory?.problems)
      .toContainEqual(
        expect.objectContaining({ text: expect.stringContaining('in no backup job') as unknown }),
      );
    const user = world.model(attic).access.users.get('holdfast@pve');
    if (user === undefined) throw new Error('no user');
    user.enabled = false;
    await world.core.failure('clusters:refresh', { clusterId: attic });
    expect(noticed()).toEqual([]);
    const { message } = await world.core.failure('clusters:refresh', { clusterId: attic });
    expect(world.core.notices).toEqual([{ title: 'attic cannot be read', body: message }]);
    await world.core.failure('clusters:refresh', { clusterId: attic });
    user.enabled = true;
    await world.refresh(attic);
    expect(told()).toEqual(['attic cannot be read', 'attic is read again']);
  });
});

describe('an operation that took long', () => {
  it('is a notification when it ends, and a short one is none', async () => {
    await world.refresh();
    await world.done('pve.guest.start', { type: 'qemu', node: 'atlas-2', vmid: 131 });
    expect(world.core.notices).toEqual([]);
    world.core.answer = async () => {
      world.core.clockOffsetMs += 61_000;
      return true;
    };
    const { plan, result } = await world.done('pve.guest.stop', { type: 'qemu', node: 'atlas-2', vmid: 131 });
    expect(world.core.notices).toEqual([{ title: `atlas: ${plan.title}`, body: result.message }]);
  });
});

describe('a reading that is younger than ten seconds', () => {
  it('is shared by those who ask for no newer one, and not after a change', async () => {
    // Each answer of /cluster/resources lists the zones once.
    const answers = vi.spyOn(world.model(atlas).sdn.running.zones, 'keys');
    const ask = (maxAgeSeconds?: number) =>
      world.core.call('clusters:refresh', { clusterId: atlas, maxAgeSeconds });
    const first = await ask(10);
    world.core.clockOffsetMs = 8_000;
    expect(await ask(10)).toEqual(first);
    await Promise.all([ask(10), ask(10)]);
    expect(answers).toHaveBeenCalledTimes(1);
    // Whoever presses Refresh gets a new one.
    await ask();
    expect(answers).toHaveBeenCalledTimes(2);
    world.core.clockOffsetMs = 19_000;
    const later = await Promise.all([ask(10), ask(10)]);
    expect(answers).toHaveBeenCalledTimes(3);
    expect(later[0]).toEqual(later[1]);
    await world.done('pve.guest.start', { type: 'qemu', node: 'atlas-2', vmid: 131 });
    // It is no older than ten seconds, and does not tell of the change.
    expect((await ask(10)).takenAtMs).toBeGreaterThan(later[0].takenAtMs);
  });
});
