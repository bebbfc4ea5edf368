import { day, gibibyte, hour, mebibyte } from '../hosts/blueprint';
import type { SimulatedTool } from '../machine';
import { sandboxFileTools } from './file-tools';
import { kernelTools } from './kernel-tools';
import { DeviceMapperModel } from './model';

const root = '/var/lib/holdfast/sandboxes';
const platform = '00000000-0000-0000-0000-000000000000';
const search = '7d1f0a52-3b64-4a8e-9c0d-51e2f6a7b8c9';

/**
 * Sandbox volumes with everything that can be seen of them: templates of the platform and of a team, one too small, one
 * not described; volumes in use, ready, off line, paused, nearly full and lost; a device of another tool; and what a
 * plan left behind that did not come to its end.
 */
export function kvm03Sandboxes(nowMs: () => number): { model: DeviceMapperModel; tools: SimulatedTool[] } {
  const startMs = nowMs();
  const model = new DeviceMapperModel({ sizeBytes: 472 * gibibyte, freeBytes: 190 * gibibyte }, nowMs);
  for (const folder of ['templates', 'volumes', 'paused']) model.folder(`${root}/${folder}`);
  model.folder('/etc');
  model.folder('/srv/wrenn');

  const describe = (path: string, meta: object, atMs: number): void => {
    const text = `${JSON.stringify(meta)}\n`;
    model.file(`${root}/${path}`, { text, sizeBytes: text.length, allocatedBytes: 4096, changedAtMs: atMs });
  };
  const template = (
    name: string,
    gib: number,
    used: number,
    ageDays: number,
    meta: { type: string; vcpus: number; memoryMib: number; team: string } | null,
  ): void => {
    model.file(`${root}/templates/${name}.ext4`, {
      sizeBytes: gib * gibibyte,
      allocatedBytes: Math.round(used * gibibyte),
      changedAtMs: startMs - ageDays * day,
      filesystem: { bytes: gib * gibibyte, usedBytes: Math.round(used * 0.9 * gibibyte), label: name },
    });
    if (meta !== null) {
      describe(`templates/${name}.json`, { version: 1, name, ...meta }, startMs - ageDays * day + hour);
    }
  };
  template('minimal', 20, 0.4, 120, { type: 'base', vcpus: 1, memoryMib: 512, team: platform });
  template('debian-12', 20, 1.8, 92, { type: 'base', vcpus: 2, memoryMib: 2048, team: platform });
  template('python-ml', 4, 3.1, 31, { type: 'base', vcpus: 4, memoryMib: 8192, team: platform });
  template('search-index', 20, 6.2, 12, { type: 'snapshot', vcpus: 4, memoryMib: 4096, team: search });
  template('ubuntu-26.04', 3, 1.2, 2, null);

  const volume = (
    id: string,
    of: string,
    mib: number,
    writtenMib: number,
    ageHours: number,
    team = platform,
  ): void => {
    const origin = model.node(`${root}/templates/${of}.ext4`);
    model.file(`${root}/volumes/${id}.cow`, { sizeBytes: mib * mebibyte, changedAtMs: startMs - hour });
    describe(
      `volumes/${id}.json`,
      {
        version: 1,
        id,
        template: of,
        team,
        originBytes: origin.sizeBytes,
        originChangedAtSeconds: Math.floor(origin.changedAtMs / 1000),
      },
      startMs - ageHours * hour,
    );
    const base = [...model.loops.values()].find(({ inode }) => inode === origin)?.name ?? nextLoop(model);
    if (!model.loops.has(base)) model.attach(base, `${root}/templates/${of}.ext4`, true);
    const store = nextLoop(model);
    model.attach(store, `${root}/volumes/${id}.cow`, false);
    model.create(`sbx-${id}`, Math.floor(origin.sizeBytes / 512), base, store);
    model.write(`sbx-${id}`, writtenMib * mebibyte);
  };
  const openBy = (id: string, count: number): void => {
    const device = model.devices.get(`sbx-${id}`);
    if (device !== undefined) device.open = count;
  };
  const takeOff = (id: string): void => {
    const store = model.devices.get(`sbx-${id}`)?.snapshot?.cow.name;
    model.remove(`sbx-${id}`);
    if (store !== undefined) model.detach(store);
  };

  volume('build-4711', 'debian-12', 20_480, 3_100, 5);
  openBy('build-4711', 1);
  volume('notebook-anna', 'python-ml', 20_480, 7_400, 49);
  openBy('notebook-anna', 1);
  volume('crawler-eu', 'search-index', 4_096, 3_560, 26, search);
  openBy('crawler-eu', 1);
  volume('review-1093', 'debian-12', 20_480, 410, 2);
  volume('fuzz-night', 'minimal', 2_048, 2_300, 30);
  volume('demo-lena', 'debian-12', 20_480, 1_250, 75);
  takeOff('demo-lena');
  volume('agent-12', 'minimal', 20_480, 640, 90);
  takeOff('agent-12');
  model.folder(`${root}/paused/agent-12`);
  model.rename(`${root}/volumes/agent-12.cow`, `${root}/paused/agent-12/rootfs.cow`);
  describe(
    'paused/agent-12/rootfs.meta',
    { base_template: 'minimal', template_id: null },
    startMs - 20 * hour,
  );
  const memory = {
    sizeBytes: 512 * mebibyte,
    allocatedBytes: 390 * mebibyte,
    changedAtMs: startMs - 20 * hour,
  };
  model.file(`${root}/paused/agent-12/memfile`, memory);
  model.file(`${root}/paused/agent-12/memfile.header`, {
    sizeBytes: 4096,
    allocatedBytes: 4096,
    changedAtMs: startMs - 20 * hour,
  });
  model.file(`${root}/paused/agent-12/snapfile`, {
    sizeBytes: 73_728,
    allocatedBytes: 73_728,
    changedAtMs: startMs - 20 * hour,
  });

  leaveBehind(model, startMs);
  addOthers(model);
  return { model, tools: [...kernelTools(model), ...sandboxFileTools(model)] };
}

function nextLoop(model: DeviceMapperModel): string {
  let number = 0;
  while (model.loops.has(`/dev/loop${number}`)) number += 1;
  return `/dev/loop${number}`;
}

/** A laptop went to sleep in the middle of flattening. */
function leaveBehind(model: DeviceMapperModel, startMs: number): void {
  model.file(`${root}/templates/lena-2026w47.ext4.part`, {
    sizeBytes: 20 * gibibyte,
    allocatedBytes: Math.round(1.1 * gibibyte),
    changedAtMs: startMs - 9 * hour,
  });
  const base = [...model.loops.values()].find(({ path }) => path.endsWith('/debian-12.ext4'));
  const store = nextLoop(model);
  model.attach(store, `${root}/volumes/demo-lena.cow`, false);
  if (base !== undefined)
    model.create('sbx-flatten-demo-lena', Math.floor(base.sizeBytes / 512), base.name, store);
}

/** A sandbox of another tool, and what LVM has in the kernel. */
function addOthers(model: DeviceMapperModel): void {
  model.file('/srv/wrenn/base.ext4', { sizeBytes: 5 * gibibyte, allocatedBytes: gibibyte });
  model.file('/srv/wrenn/sb-77.cow', { sizeBytes: 5 * gibibyte });
  const base = nextLoop(model);
  model.attach(base, '/srv/wrenn/base.ext4', true);
  const store = nextLoop(model);
  model.attach(store, '/srv/wrenn/sb-77.cow', false);
  model.create('wrenn-sb-77', (5 * gibibyte) / 512, base, store);
  model.write('wrenn-sb-77', 700 * mebibyte);
  const device = model.devices.get('wrenn-sb-77');
  if (device !== undefined) device.open = 1;
  const lvm = (name: string, minor: number, gib: number, table: (sectors: number) => string): void => {
    const sectors = (gib * gibibyte) / 512;
    model.devices.set(name, {
      ...{ name, minor, sectors, snapshot: null, open: 1 },
      uuid: `LVM-demo${name.replaceAll('-', '')}`,
      table: table(sectors),
    });
  };
  lvm('vg0-root', 0, 40, (sectors) => `0 ${sectors} snapshot-origin 254:1`);
  lvm('vg0-root-real', 1, 40, (sectors) => `0 ${sectors} linear 259:3 2048`);
  lvm('vg0-root_before--12.8', 2, 40, (sectors) => `0 ${sectors} snapshot 254:1 254:3 P 8`);
  lvm('vg0-root_before--12.8-cow', 3, 6, (sectors) => `0 ${sectors} linear 259:3 419432448`);
}
