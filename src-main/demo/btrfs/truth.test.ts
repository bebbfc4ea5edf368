import { describe, expect, it } from 'vitest';
import { captured, capturedNames } from '../../core/storage/testing/captured';
import { parseShow, parseStats } from '../../core/storage/btrfs/filesystems';
import { parseMounts } from '../../core/storage/btrfs/mounts';
import { parseSubvolumeShow } from '../../core/storage/btrfs/subvolumes';
import { createMachine } from '../machine';
import { createRandom } from '../random';
import { BtrfsModel, noErrors } from './model';
import { btrfsSystemTools } from './system-tools';
import { btrfsTool } from './tool';
import type { ChunkKind, DemoChunks, DemoDevice, DemoFilesystem, DemoSubvolume } from './types';

/**
 * Holds the model to the truth: brought to the state the lab was in (btrfs-progs 6.2 and util-linux 2.38 on Debian
 * 12; the captures in core/storage/btrfs/fixtures), it must answer the captured commands to the letter.
 */

const nowMs = Date.parse('2026-11-23T12:00:00Z');

/** The state of the lab at a captured moment, as a model. */
function labAt(moment: string): BtrfsModel {
  const model = new BtrfsModel(createRandom(1));
  const text = (name: string): string => captured('btrfs', `${moment}-${name}`).stdout;
  const mounts = parseMounts(text('mounts'), captured('btrfs', `${moment}-mounts`).exitCode);
  const uuids = [...new Set(mounts.map(({ uuid }) => uuid))];
  for (const shown of parseShow(text('show'))) {
    const own = mounts.filter(({ uuid }) => uuid === shown.uuid);
    const place = uuids.indexOf(shown.uuid) + 1;
    const filesystem: DemoFilesystem = {
      uuid: shown.uuid,
      topUuid: model.uuid(),
      label: shown.label ?? '',
      createdAtMs: nowMs,
      mounts: own.map(({ target, root, options }) => ({
        target,
        root,
        options: options.filter((option) => !option.startsWith('subvol')).join(','),
      })),
      devices: Array.from({ length: shown.deviceCount }, (_, index): DemoDevice => {
        // Missing ones of a file system that is not mounted are counted, not listed.
        const { id, path, sizeBytes, usedBytes } = shown.devices[index] ?? {
          id: index + 1,
          path: null,
          sizeBytes: 0,
          usedBytes: 0,
        };
        return {
          id,
          path: path ?? '',
          sizeBytes,
          missing: path === null,
          allocated: { Data: usedBytes },
          errors: { ...noErrors },
        };
      }),
      chunks: [{ kind: 'Data', profile: 'single', sizeBytes: shown.usedBytes, usedBytes: shown.usedBytes }],
      globalReserveBytes: 0,
      statfsFreeBytes: null,
      subvolumes: [],
      defaultId: 5,
      quotas: false,
      generation: 0,
      scrub: null,
      balance: null,
      replace: null,
      removing: null,
    };
    if (place > 0) fill(filesystem, (name) => text(`${place}-${name}`), `${moment}-${place}-quotas`);
    model.filesystems.push(filesystem);
  }
  return model;
}

function fill(filesystem: DemoFilesystem, text: (name: string) => string, quotas: string): void {
  const usage = text('usage');
  const numbers = (pattern: RegExp): number[] => [...(pattern.exec(usage) ?? [])].slice(1).map(Number);
  filesystem.chunks = [...usage.matchAll(/^(Data|Metadata|System),(\w+): Size:(\d+), Used:(\d+)/gm)].map(
    ([, kind, profile, size, used]) => ({
      kind: kind as ChunkKind,
      profile: profile as DemoChunks['profile'],
      sizeBytes: Number(size),
      usedBytes: Number(used),
    }),
  );
  filesystem.globalReserveBytes = numbers(/Global reserve:\s+(\d+)/)[0] ?? 0;
  filesystem.statfsFreeBytes = numbers(/statfs, df\):\s+(\d+)/)[0] ?? null;
  const stats = parseStats(text('stats'));
  filesystem.devices = text('devices')
    .split(/\n\n+/)
    .filter((block) => block.includes('ID:'))
    .map((block): DemoDevice => {
      const [, name = '', id] = /^\n?(.+), ID: (\d+)/.exec(block) ?? [];
      const bytes = (label: string): number =>
        Number(new RegExp(`^ +${label}:\\s+(\\d+)$`, 'm').exec(block)?.[1] ?? 0);
      const allocated: Record<string, number> = Object.fromEntries(
        [...block.matchAll(/^ +(Data|Metadata|System),\w+: +(\d+)$/gm)].map(([, kind, size]) => [
          kind,
          Number(size),
        ]),
      );
      const unallocated = bytes('Unallocated');
      const all = Object.values(allocated).reduce((sum, size) => sum + size, 0);
      return {
        id: Number(id),
        path: name,
        sizeBytes: all + unallocated,
        missing: name === 'missing',
        allocated,
        errors: stats.get(name === 'missing' ? `devid:${id}` : name) ?? { ...noErrors },
      };
    });
  const times = new Map(
    [...text('snapshots').matchAll(/^ID (\d+) .* otime (\S+) (\S+) uuid/gm)].map(([, id, day, time]) => [
      Number(id),
      Date.parse(`${day}T${time}Z`),
    ]),
  );
  const readOnly = new Set([...text('read-only').matchAll(/^ID (\d+) /gm)].map(([, id]) => Number(id)));
  const sizes = new Map(
    [...captured('btrfs', quotas).stdout.matchAll(/^0\/(\d+)\s+(\d+)\s+(\d+)/gm)].map(([, id, all, own]) => [
      Number(id),
      { referencedBytes: Number(all), exclusiveBytes: Number(own) },
    ]),
  );
  filesystem.quotas = sizes.size > 0;
  const none = (uuid: string | undefined): string | null =>
    uuid === undefined || uuid === '-' ? null : uuid;
  filesystem.subvolumes = [
    ...text('subvolumes').matchAll(
      /^ID (\d+) gen (\d+) cgen (\d+) parent (\d+) .* parent_uuid (\S+) .*received_uuid (\S+) .*uuid (\S+) path (.+)$/gm,
    ),
  ].map(([, id, gen, cgen, parent, origin, received, uuid, path = '']): DemoSubvolume => ({
    id: Number(id),
    parentId: Number(parent),
    generation: Number(gen),
    createdGeneration: Number(cgen),
    uuid: uuid ?? '',
    parentUuid: none(origin),
    receivedUuid: none(received),
    readOnly: readOnly.has(Number(id)),
    createdAtMs: times.get(Number(id)) ?? nowMs,
    path,
    ...(sizes.get(Number(id)) ?? { referencedBytes: 0, exclusiveBytes: 0 }),
  }));
  const top = parseSubvolumeShow(text('top-level'));
  filesystem.topUuid = top.uuid;
  filesystem.createdAtMs = top.createdAtMs ?? nowMs;
  filesystem.generation = Number(/Generation:\s+(\d+)/.exec(text('top-level'))?.[1]);
  filesystem.defaultId = Number(/^ID (\d+)/.exec(text('default'))?.[1]);
}

function machineOf(model: BtrfsModel) {
  return createMachine({
    user: 'admin',
    tools: [btrfsTool(model), ...btrfsSystemTools(model)],
    nowMs: () => nowMs,
  });
}

/** Lines that come from the clock, from work under way, or from what the demo does not keep. */
const compared = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !/^\t(?:Quota group|  Limit|  Usage)|^    Global reserve:/.test(line))
    .join('\n');

const moments = [
  [
    'plain',
    [
      'show',
      'mounts',
      'usage',
      'devices',
      'stats',
      'subvolumes',
      'snapshots',
      'read-only',
      'top-level',
      'default',
      'quotas',
      'balance',
      'replace',
      'scrub',
    ],
  ],
  [
    'quotas',
    [
      'mounts',
      'subvolumes',
      'snapshots',
      'read-only',
      'default',
      'top-level',
      'quotas',
      'balance',
      'replace',
    ],
  ],
  ['degraded', ['show']],
] as const;

describe('the btrfs of the demo', () => {
  it.each(moments)('answers as the lab did at the moment "%s"', (moment, kinds) => {
    const machine = machineOf(labAt(moment));
    let asked = 0;
    for (const name of capturedNames('btrfs', new RegExp(`^${moment}-`))) {
      const kind = name.slice(moment.length + 1).replace(/^\d-/, '');
      if (!kinds.some((known) => known === kind)) continue;
      const real = captured('btrfs', name);
      const demo = machine.run(`LC_ALL=C sudo -n -- ${real.command}`);
      expect({ name, exitCode: demo.exitCode, stdout: compared(demo.stdout) }).toEqual({
        name,
        exitCode: real.exitCode,
        stdout: compared(real.stdout),
      });
      if (kind !== 'show') expect([name, demo.stderr]).toEqual([name, real.stderr]);
      asked += 1;
    }
    expect(asked).toBeGreaterThanOrEqual(kinds.length);
  });
});
