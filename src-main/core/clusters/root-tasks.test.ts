import { afterEach, beforeEach, expect, it } from 'vitest';
import { startDemoFleet, type DemoFleet } from '../../demo/index';
import { startDemoClusters, type DemoClusters } from '../../demo/proxmox/index';
import { assembleCore } from '../assemble-core';
import { prepareDemo, prepareDemoClusters } from '../demo-mode';
import { catalogue } from '../operations/actions/index';
import { atlas } from '../testing/cluster-core';
import { startTestCore, type TestCore } from '../testing/test-core';
import { isWhitelisted } from '../whitelist/catalogue';

let fleet: DemoFleet;
let clusters: DemoClusters;
let core: TestCore;
beforeEach(async () => {
  fleet = await startDemoFleet({ latency: 0 });
  clusters = await startDemoClusters({ latency: 0 });
  core = await startTestCore({
    demo: true,
    start: (options) =>
      assembleCore(options, {
        catalogue,
        permits: isWhitelisted,
        prepare: async (stores) => {
          await prepareDemo(fleet, stores, Date.now());
          await prepareDemoClusters(clusters, stores, Date.now());
        },
      }),
  });
  await core.call('clusters:refresh', { clusterId: atlas });
});
afterEach(async () => {
  await core.close();
  await clusters.close();
  await fleet.close();
});

const read = () => core.call('clusters:rootTasks', { clusterId: atlas });

it('says of each exception why the API cannot do it, with the commands for root', async () => {
  const { tasks } = await read();
  expect(tasks.map(({ id }) => id)).toEqual(['keyctl', 'usb-mount', 'smart-sensors']);
  for (const { why, commands, byHoldfast } of tasks) {
    expect(why).toMatch(/API/);
    expect(commands.length).toBeGreaterThan(1);
    expect(byHoldfast).not.toBe('');
  }
  expect(tasks[0]?.byHoldfast).toContain('as root@pam with its password, Holdfast does it over the API');
});

it('shows the SMART of a node by the host of the list that it is, read over SSH', async () => {
  const [host] = fleet.hosts;
  if (host === undefined) throw new Error('no host');
  expect((await read()).nodes.map(({ node, host: of }) => [node, of])).toEqual([
    ['atlas-1', null],
    ['atlas-2', null],
    ['atlas-3', null],
  ]);
  await core.call('clusters:linkHost', { clusterId: atlas, node: 'atlas-1', hostId: host.id });
  const before = (await read()).nodes[0];
  expect(before).toMatchObject({ host: { hostId: host.id, name: host.name, chosen: true }, disks: null });
  await core.call('inventory:refresh', { hostId: host.id });
  const disks = (await read()).nodes[0]?.disks ?? [];
  expect(disks.length).toBeGreaterThan(0);
  expect(disks.some(({ smart }) => smart.status === 'passed' && smart.temperatureCelsius !== null)).toBe(
    true,
  );
  await core.call('clusters:linkHost', { clusterId: atlas, node: 'atlas-1', hostId: null });
  expect((await read()).nodes[0]?.host).toBeNull();
  const unknown = { clusterId: atlas, node: 'atlas-1', hostId: 'nobody' };
  expect((await core.failure('clusters:linkHost', unknown)).code).toBe('not-found');
});

it('shows the sensors of a node by its host, read over SSH, and says plainly where lm-sensors is not installed', async () => {
  const nodeHost = () => core.call('clusters:nodeHost', { clusterId: atlas, node: 'atlas-1' });
  expect(await nodeHost()).toMatchObject({ host: null, sensors: null });
  const named = (name: string) => {
    const host = fleet.hosts.find((each) => each.name === name);
    if (host === undefined) throw new Error(`no ${name}`);
    return host.id;
  };
  await core.call('clusters:linkHost', { clusterId: atlas, node: 'atlas-1', hostId: named('kvm-03') });
  expect(await nodeHost()).toMatchObject({ host: { name: 'kvm-03' }, sensors: null });
  const { takenAtMs } = await core.call('inventory:refresh', { hostId: named('kvm-03') });
  const { sensors } = await nodeHost();
  expect(sensors?.takenAtMs).toBe(takenAtMs);
  if (sensors?.state.status !== 'read') throw new Error('not read');
  const kinds = sensors.state.sensors.map(({ kind }) => kind);
  expect(new Set(kinds)).toEqual(new Set(['temperature', 'fan', 'voltage']));
  expect(sensors.state.silent).toEqual(['nct6775-isa-0290 PECI']);
  await core.call('clusters:linkHost', { clusterId: atlas, node: 'atlas-1', hostId: named('nas-01') });
  await core.call('inventory:refresh', { hostId: named('nas-01') });
  expect((await nodeHost()).sensors?.state).toEqual({ status: 'not-installed' });
});
