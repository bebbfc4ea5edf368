import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { atlas, startClusterCore, type ClusterCore } from '../testing/cluster-core';
import { operationNames } from './by-name';

let world: ClusterCore;
beforeEach(async () => {
  world = await startClusterCore();
});
afterEach(() => world.close());

const web = { controller_id: atlas, node: 'atlas-1', vmid: 110 };
const proxy = { controller_id: atlas, node: 'atlas-1', vmid: 200, vm_type: 'lxc' };

describe('operations by name', () => {
  it('are these five', () => {
    expect(operationNames).toEqual([
      'hypervisor.vm.snapshot',
      'hypervisor.vm.start',
      'hypervisor.vm.stop',
      'hypervisor.vm.shutdown',
      'hypervisor.vm.reboot',
    ]);
  });

  it.each([
    [
      'hypervisor.vm.snapshot',
      { ...web, snapname: 'by-name' },
      'POST /nodes/atlas-1/qemu/110/snapshot snapname=by-name',
    ],
    ['hypervisor.vm.shutdown', web, 'POST /nodes/atlas-1/qemu/110/status/shutdown timeout=60 forceStop=0'],
    ['hypervisor.vm.reboot', web, 'POST /nodes/atlas-1/qemu/110/status/reboot'],
    ['hypervisor.vm.stop', proxy, 'POST /nodes/atlas-1/lxc/200/status/stop'],
    [
      'hypervisor.vm.start',
      { controller_id: atlas, node: 'atlas-2', vmid: 131 },
      'POST /nodes/atlas-2/qemu/131/status/start',
    ],
  ])('%s takes the whole road with its input', async (name, input, line) => {
    const plan = await world.core.plan(atlas, name, input);
    expect(plan.steps.map(({ commandLine }) => commandLine)).toEqual([expect.stringContaining(line)]);
    const result = await world.core.run(plan);
    expect(result.outcome).toBe('ok');
    expect(world.core.questions.map(({ kind }) => kind)).toContain('plan');
    expect((await world.core.rows(atlas, result.operationId)).map(({ event }) => event)).toEqual([
      'started',
      'finished',
    ]);
  });

  it.each([
    ['hypervisor.vm.snapshot', web],
    ['hypervisor.vm.start', { ...web, force: true }],
    ['hypervisor.vm.start', { ...web, vm_type: 'vm' }],
    ['hypervisor.vm.start', { ...web, controller_id: 'demo-attic' }],
    ['hypervisor.vm.start', { ...web, vmid: 9 }],
    ['hypervisor.vm.start', { ...web, node: '../x' }],
  ])('%s refuses %j', async (name, input) => {
    const failure = await world.core.failure('operations:plan', { hostId: atlas, action: name, input });
    expect(failure.code).toBe('invalid-request');
  });

  it('that there are not are refused and recorded', async () => {
    const failure = await world.core.failure('operations:plan', {
      hostId: atlas,
      action: 'hypervisor.vm.destroy',
      input: web,
    });
    expect(failure.code).toBe('refused');
    expect((await world.core.allRows(atlas)).at(-1)).toMatchObject({ action: 'hypervisor.vm.destroy' });
  });
});
