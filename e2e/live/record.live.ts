import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { it } from 'vitest';
import { actions } from '../../src-main/core/operations/actions';
import { quoteArgv } from '../../src-main/core/ssh/quote';
import { AppError } from '../../src-main/core/errors/app-error';
import type { ActionId } from '../../src-preload/contract/operations';
import { resetLab } from './lab';
const lab = resetLab();
function ssh(line: string) {
  const r = spawnSync('ssh', ['-p', String(lab.port), '-i', lab.privateKeyPath, '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR', '-o', 'BatchMode=yes', '-o', 'ControlMaster=auto', '-o', 'ControlPath=/tmp/lvmrec-%p', '-o', 'ControlPersist=60', `${lab.user}@${lab.host}`, line], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 300_000 });
  return { exitCode: r.status ?? -1, stdout: r.stdout, stderr: r.stderr };
}
const run = (argv: readonly string[]) => ({ argv: [...argv], ...ssh(`export LC_ALL=C; sudo -n ${quoteArgv(argv)} </dev/null`) });
const sh = (line: string) => { const r = ssh(line); if (r.exitCode !== 0) console.log('SETUP', line, r); return r.stdout; };
async function record(name: string, action: ActionId, input: Record<string, unknown>, options: { send?: boolean } = {}) {
  const reads = { plan: new Map<string, unknown>(), verify: new Map<string, unknown>() };
  const context = (into: Map<string, unknown>) => ({
    nowMs: () => 1_795_410_000_000,
    read: async (operation: string, argv: readonly string[], o?: { acceptExitCodes?: readonly number[] }) => {
      const exchange = run(argv);
      into.set(quoteArgv(argv), exchange);
      if (!(o?.acceptExitCodes ?? [0]).includes(exchange.exitCode)) throw new AppError('command-failed', operation, { detail: exchange.stderr });
      return exchange;
    },
  });
  const bound = actions[action].parse(input);
  const draft = await bound.plan(context(reads.plan));
  const steps = [];
  if (draft.blockers.length === 0 || options.send === true) for (const step of draft.steps) { const done = run(step.argv); steps.push(done); if (!step.acceptExitCodes.includes(done.exitCode)) break; }
  const verification = steps.length === 0 ? null : await bound.verify(context(reads.verify), draft.preconditions);
  const failed = steps.find(({ exitCode }) => exitCode !== 0);
  const failure = failed === undefined ? null : actions[action].explainFailure(failed.exitCode, failed.stderr);
  const transcript = { action, input, reads: { plan: [...reads.plan.values()], verify: [...reads.verify.values()] }, steps, expected: { draft, failure, verification } };
  writeFileSync(`src-main/core/operations/actions/fixtures/lvm-${name}.json`, `${JSON.stringify(transcript, null, 2)}\n`);
  console.log(`\n## ${name}\n blockers: ${draft.blockers.map((b) => b.text + ' → ' + b.remedy).join('\n   ')}\n steps: ${steps.map((s) => `${s.argv.join(' ')} = ${s.exitCode} OUT ${s.stdout.trim().slice(0, 200)} ERR ${s.stderr.trim().slice(0, 300)}`).join('\n   ')}\n failure: ${failure?.message ?? (failed ? 'UNKNOWN ' : '-')}\n verify: ${verification?.status ?? ''} ${verification?.text ?? ''}\n ${draft.consequences.map((c) => `${c.severity}: ${c.text}`).join('\n ')}`);
}
const d = (n: number) => `/dev/disk/by-id/virtio-LABDISK000${n}`;
it('records', { timeout: 900_000 }, async () => {
  const send = { send: true };
  await record('group-create', 'lvm.group.create', { name: 'vg0', devices: [d(1), d(2)] });
  await record('group-create-exists', 'lvm.group.create', { name: 'vg0', devices: [d(3), d(4)] }, send);
  await record('group-create-used', 'lvm.group.create', { name: 'vg1', devices: [d(1), d(3)] }, send);
  sh('sudo mkfs.ext4 -q /dev/vdd; sudo udevadm settle');
  await record('group-create-signature', 'lvm.group.create', { name: 'vg1', devices: [d(3), d(4)] }, send);
  await record('group-create-mounted', 'lvm.group.create', { name: 'vg1', devices: ['/dev/vda', d(4)] }, send);
  await record('group-create-missing', 'lvm.group.create', { name: 'vg1', devices: ['/dev/disk/by-id/virtio-GONE', d(4)] }, send);
  await record('group-create-twice', 'lvm.group.create', { name: 'vg1', devices: ['/dev/vde', d(4)] });
  sh('sudo wipefs -qa /dev/vdd; sudo udevadm settle');
  await record('group-extend', 'lvm.group.extend', { volumeGroup: 'vg0', devices: [d(5)] });
  await record('group-extend-used', 'lvm.group.extend', { volumeGroup: 'vg0', devices: [d(1)] }, send);
  await record('group-extend-missing-group', 'lvm.group.extend', { volumeGroup: 'nope', devices: [d(6)] }, send);
  await record('volume-create', 'lvm.volume.create', { volumeGroup: 'vg0', name: 'data', size: '100M' });
  await record('volume-create-rounded', 'lvm.volume.create', { volumeGroup: 'vg0', name: 'odd', size: '101M' });
  await record('volume-create-exists', 'lvm.volume.create', { volumeGroup: 'vg0', name: 'data', size: '100M' }, send);
  await record('volume-create-no-space', 'lvm.volume.create', { volumeGroup: 'vg0', name: 'big', size: '10G' }, send);
  await record('volume-create-missing-group', 'lvm.volume.create', { volumeGroup: 'nope', name: 'a', size: '8M' }, send);
  sh('sudo lvcreate -q -L 200M -T vg0/pool');
  await record('thin-volume-create', 'lvm.thin.create', { volumeGroup: 'vg0', pool: 'pool', name: 't1', size: '300M' });
  await record('thin-volume-create-exists', 'lvm.thin.create', { volumeGroup: 'vg0', pool: 'pool', name: 't1', size: '64M' }, send);
  await record('thin-volume-create-no-pool', 'lvm.thin.create', { volumeGroup: 'vg0', pool: 'gone', name: 't2', size: '64M' }, send);
  await record('extend', 'lvm.volume.extend', { volumeGroup: 'vg0', volume: 'odd', by: '50M', resizeFilesystem: false });
  sh('sudo mkfs.ext4 -q /dev/vg0/data; sudo mkdir -p /mnt/data; sudo mount /dev/vg0/data /mnt/data');
  await record('extend-filesystem', 'lvm.volume.extend', { volumeGroup: 'vg0', volume: 'data', by: '52M', resizeFilesystem: true });
  await record('extend-no-space', 'lvm.volume.extend', { volumeGroup: 'vg0', volume: 'odd', by: '10G', resizeFilesystem: false }, send);
  await record('extend-no-filesystem', 'lvm.volume.extend', { volumeGroup: 'vg0', volume: 'odd', by: '8M', resizeFilesystem: true });
  await record('extend-missing', 'lvm.volume.extend', { volumeGroup: 'vg0', volume: 'gone', by: '8M', resizeFilesystem: false }, send);
  await record('extend-thin', 'lvm.volume.extend', { volumeGroup: 'vg0', volume: 't1', by: '100M', resizeFilesystem: false });
  await record('extend-pool', 'lvm.volume.extend', { volumeGroup: 'vg0', volume: 'pool', by: '48M', resizeFilesystem: false });
  sh('sudo lvcreate -q -L 16M -s -n snap vg0/odd');
  await record('extend-with-snapshot', 'lvm.volume.extend', { volumeGroup: 'vg0', volume: 'odd', by: '8M', resizeFilesystem: false }, send);
  await record('rename', 'lvm.volume.rename', { volumeGroup: 'vg0', volume: 'data', name: 'store' });
  await record('rename-exists', 'lvm.volume.rename', { volumeGroup: 'vg0', volume: 'store', name: 'odd' }, send);
  await record('rename-missing', 'lvm.volume.rename', { volumeGroup: 'vg0', volume: 'gone', name: 'else' }, send);
  await record('volume-destroy-mounted', 'lvm.volume.destroy', { volumeGroup: 'vg0', volume: 'store' }, send);
  await record('volume-destroy-snapshot', 'lvm.volume.destroy', { volumeGroup: 'vg0', volume: 'snap' });
  await record('volume-destroy-with-snapshot', 'lvm.volume.destroy', { volumeGroup: 'vg0', volume: 'odd' });
  sh('sudo umount /mnt/data');
  await record('volume-destroy', 'lvm.volume.destroy', { volumeGroup: 'vg0', volume: 'store' });
  await record('volume-destroy-missing', 'lvm.volume.destroy', { volumeGroup: 'vg0', volume: 'store' }, send);
  sh('sudo mkfs.ext4 -q /dev/vg0/t1; sudo mount /dev/vg0/t1 /mnt/data');
  await record('volume-destroy-pool-used', 'lvm.volume.destroy', { volumeGroup: 'vg0', volume: 'pool' }, send);
  sh('sudo umount /mnt/data');
  await record('volume-destroy-pool', 'lvm.volume.destroy', { volumeGroup: 'vg0', volume: 'pool' });
});
