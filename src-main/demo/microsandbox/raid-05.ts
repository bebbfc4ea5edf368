import type { SimulatedTool } from '../machine';
import { day, gibibyte, hour, mebibyte } from '../hosts/blueprint';
import { msbHostTools } from './host-tools';
import { MsbModel, type MsbSnapshotState, type MsbVolumeState } from './model';
import { msbTool } from './msb';

const volume = (name: string, createdAtMs: number, more: Partial<MsbVolumeState> = {}): MsbVolumeState => ({
  name,
  createdAtMs,
  kind: 'dir',
  quotaMib: null,
  capacityBytes: null,
  labels: [],
  ...more,
});

/**
 * microsandbox on the file server: volumes in use by a running and a paused sandbox, one of a stopped one, a disk that
 * is nearly full, a name whose lock is held, a directory without a record, a record without its directory, and what an
 * interrupted create left behind.
 */
export function raid05Microsandbox(startMs: number, virtualised = true): MsbModel {
  const model = new MsbModel('/home/admin/.microsandbox', virtualised);
  const at = (days: number, hours = 0): number => startMs - days * day - hours * hour;
  const whole = (bytes: number, changedAtMs: number) => ({
    actualBytes: Math.round(bytes),
    apparentBytes: Math.round(bytes) - 2048,
    changedAtMs,
  });
  model.addVolume(
    volume('npm-cache', at(41), {
      quotaMib: 8192,
      labels: [
        ['team', 'web'],
        ['env', 'ci'],
      ],
    }),
    whole(3.4 * gibibyte, at(41)),
  );
  model.addVolume(
    volume('docker-data', at(40), { kind: 'disk', capacityBytes: 20 * gibibyte, labels: [['env', 'ci']] }),
    {
      actualBytes: Math.round(18.4 * gibibyte),
      apparentBytes: 20 * gibibyte + 4096,
      changedAtMs: startMs,
    },
  );
  model.addVolume(
    volume('datasets', at(12), { labels: [['team', 'research']] }),
    whole(61.2 * gibibyte, at(12)),
  );
  model.addVolume(volume('agent-scratch', at(3, 4), { kind: 'disk', capacityBytes: 4 * gibibyte }), {
    actualBytes: 412 * mebibyte,
    apparentBytes: 4 * gibibyte + 4096,
    changedAtMs: at(1, 7),
  });
  model.addVolume(volume('build-output', at(2)), whole(240 * mebibyte, at(2)));
  model.addVolume(volume('old-wheels', at(96)), null);
  model.addVolume(volume('being-started', at(0, 1)), whole(4096, at(0, 1)));
  model.heldLocks.add('being-started');
  model.heldDisks.add('agent-scratch');
  model.folders.set('pip-cache', whole(1.1 * gibibyte, at(60)));
  model.folders.set('.models.k3Qz', whole(12 * mebibyte, at(14)));

  const image = 'ghcr.io/acme/runner:24.11';
  const sandbox = {
    image,
    oci: true,
    mounts: [],
    createdAtMs: at(9),
  };
  model.sandboxes.push(
    {
      ...sandbox,
      name: 'ci-runner-1',
      status: 'Running',
      mounts: [
        { volume: 'npm-cache', guestPath: '/root/.npm', readOnly: false },
        { volume: 'docker-data', guestPath: '/var/lib/docker', readOnly: false },
      ],
    },
    {
      ...sandbox,
      name: 'notebook',
      status: 'Paused',
      createdAtMs: at(5),
      mounts: [{ volume: 'datasets', guestPath: '/data', readOnly: true }],
    },
    {
      ...sandbox,
      name: 'nightly-build',
      status: 'Stopped',
      createdAtMs: at(2),
      mounts: [{ volume: 'build-output', guestPath: '/out', readOnly: false }],
    },
  );
  const before: MsbSnapshotState = {
    group: 'ci-runner-1',
    name: 'before-upgrade',
    id: 'snap_4e0f652b54811ea94c1b32efc9a163fa',
    digest: 'sha256:1b1dbddfd1e7fbe4224601acaf1f3793f99c10b4108f9f1c458efc958f9cc7b5',
    image,
    sizeBytes: 4 * gibibyte,
    createdAtMs: at(6),
    source: 'ci-runner-1',
    parentId: null,
    integrity: '9057ee697594c8fac647441926b5dc2b7b47892faee1a05ff0400ff3e08833fa',
  };
  model.addSnapshot(before);
  model.images.push(
    {
      reference: image,
      digest: 'sha256:f4ff2d8475254fc69e417e6a236cab82e11667039fd57103658db72ef98e6778',
      sizeBytes: 412 * mebibyte,
      layers: 9,
      createdAtMs: at(10),
    },
    {
      reference: 'python:3.13-slim',
      digest: 'sha256:6aab22163cd8af7fa76cf8b71a802e57f68b4a4dce2ff32077361ffef3064da2',
      sizeBytes: 43 * mebibyte,
      layers: 4,
      createdAtMs: at(30),
    },
  );
  model.hasArchives = true;
  const [, python] = model.images;
  model.archives.set('runner-base.msb', {
    sizeBytes: 612 * mebibyte,
    changedAtMs: at(20),
    snapshots: [
      { ...before, name: 'base', id: 'snap_25f5fd859c3412afd5b4cfa4ae0169b8', createdAtMs: at(21) },
    ],
    images: [],
  });
  model.archives.set('node-24.tar', {
    sizeBytes: 61 * mebibyte,
    changedAtMs: at(3),
    snapshots: [],
    images:
      python === undefined
        ? []
        : [{ ...python, reference: 'node:24-slim', digest: `sha256:${'5e'.repeat(32)}` }],
  });
  model.archives.set('.nightly.msb.tmp.23934.1795948510745996763', {
    sizeBytes: 214 * mebibyte,
    changedAtMs: at(12),
    snapshots: [],
    images: [],
  });
  return model;
}

export function microsandboxTools(model: MsbModel): SimulatedTool[] {
  return [msbTool(model), ...msbHostTools(model)];
}
