import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explainMsb } from '../../operations/actions/microsandbox/failures';
import { AppError } from '../../errors/app-error';
import { parseArchives, parseArtifacts } from './archives';
import { parseListing, parseUsage } from './folder';
import { parseInspected } from './inspect';
import {
  parseBackend,
  parseDoctor,
  parseHead,
  parseImages,
  parseSandboxes,
  parseSnapshotDetail,
  parseSnapshots,
  parseVolumeDetail,
  parseVolumes,
} from './parse';
import { capturedMsb } from './testing/captured';
import { parseVersion } from './version';

const out = (name: string): string => capturedMsb(name).stdout;

describe('what msb prints', () => {
  it('is one version or another, with what differs', () => {
    expect(parseVersion(out('000-version'))).toEqual({
      text: '0.7.2',
      snapshotOption: '--from-sandbox',
      grouped: true,
      snapshotsWhileRunning: true,
      pauses: true,
      killsAfterTimeout: false,
    });
    expect(parseVersion(out('0.6.18-version'))).toEqual({
      text: '0.6.18',
      snapshotOption: '--from',
      grouped: false,
      snapshotsWhileRunning: false,
      pauses: false,
      killsAfterTimeout: true,
    });
    expect(() => parseVersion('microsandbox 1\n')).toThrow(
      expect.objectContaining({ code: 'unexpected-output' }),
    );
    // Each refuses the option of the other.
    expect(capturedMsb('126-snap-create-stopped').exitCode).toBe(2);
    expect(capturedMsb('0.6.18-option').exitCode).toBe(2);
  });

  it('lists volumes newest first, and none as none', () => {
    const volumes = parseVolumes(out('041-ls-json'));
    expect(volumes.map(({ name, kind }) => [name, kind])).toEqual([
      ['plain', 'disk'],
      ['docker-data', 'disk'],
      ['cache2', 'directory'],
      ['cache', 'directory'],
    ]);
    expect(volumes[1]).toEqual({
      name: 'docker-data',
      kind: 'disk',
      quotaBytes: null,
      capacityBytes: 1024 ** 3,
      recordedBytes: 0,
      format: 'raw',
      fileSystem: 'ext4',
      createdAtMs: Date.parse('2026-11-23T01:07:22.964Z'),
    });
    expect(parseVolumes(out('006-ls-empty-json'))).toEqual([]);
    expect(parseVolumes(out('0.6.18-volumes')).map(({ name }) => name)).toEqual(['d1', 'c1']);
    expect(parseVolumes(out('102-ls-json-labelled'))[1]?.quotaBytes).toBe(2 * 1024 ** 3);
  });

  it('clamps what the database holds below zero, and refuses what it does not know', () => {
    const raw = JSON.parse(out('041-ls-json')) as Record<string, unknown>[];
    const [first] = parseVolumes(JSON.stringify([{ ...raw[0], quota_mib: -5 }]));
    expect(first?.quotaBytes).toBe(0);
    const recorded = (used: unknown) => parseVolumes(JSON.stringify([{ ...raw[0], used_bytes: used }]))[0];
    expect(recorded(-5)?.recordedBytes).toBe(0);
    expect(recorded(null)?.recordedBytes).toBe(0);
    expect(recorded(4096)?.recordedBytes).toBe(4096);
    for (const text of ['', 'No volumes found.', '{}', JSON.stringify([{ ...raw[0], kind: 'nfs' }])]) {
      expect(() => parseVolumes(text)).toThrow(expect.objectContaining({ code: 'unexpected-output' }));
    }
  });

  it('tells labels and path only in the text of inspect', () => {
    expect(parseVolumeDetail(out('100-inspect-labelled'))).toMatchObject({
      path: '/home/admin/.microsandbox/volumes/labelled',
      labels: [
        { key: 'env', value: 'prod' },
        { key: 'team', value: 'data' },
      ],
    });
    expect(parseVolumeDetail(out('051-inspect-disk'))).toMatchObject({
      path: '/home/admin/.microsandbox/volumes/docker-data/disk.raw',
      labels: [],
    });
    expect(parseVolumeDetail(out('0.6.18-volume')).labels).toEqual([]);
    const torn = out('100-inspect-labelled').replace('env=prod, team=data', 'env=a, b');
    expect(parseVolumeDetail(torn)).toMatchObject({ labels: null, labelText: 'env=a, b' });
  });

  it('tells which sandbox mounts which volume, and in what state', () => {
    expect(parseSandboxes(out('124-ls-json'))).toMatchObject([
      { name: 'web2', state: 'Paused', active: true },
    ]);
    expect(parseSandboxes(out('110-ls-starting'))).toMatchObject([{ state: 'Starting', active: false }]);
    expect(parseInspected(out('094-inspect-json')).mounts).toEqual([
      { volume: 'cache', guestPath: '/data', readOnly: false, mount: 'cache:/data' },
      {
        ...{ volume: 'docker-data', guestPath: '/var/lib/docker', readOnly: false },
        mount: 'docker-data:/var/lib/docker',
      },
    ]);
    expect(parseInspected(out('146-inspect-json')).mounts).toEqual([
      { volume: 'data1', guestPath: '/data', readOnly: true, mount: 'data1:/data:ro' },
    ]);
  });

  it('tells what a sandbox has, and which volumes are its own', () => {
    expect(parseInspected(out('265-sbx-inspect-owned'))).toEqual({
      cpus: 1,
      memoryBytes: 512 * 1024 ** 2,
      rootDiskBytes: 68 * 1024 ** 2,
      mounts: [],
      owned: [
        { guestPath: '/big', kind: 'disk', capacityBytes: 70 * 1024 ** 2 },
        { guestPath: '/scratch', kind: 'directory', capacityBytes: null },
      ],
    });
    for (const name of ['241-sbx-inspect', '0.6.18-sbx-inspect']) {
      expect(parseInspected(out(name))).toMatchObject({ rootDiskBytes: 256 * 1024 ** 2, owned: [] });
      expect(parseInspected(out(name)).mounts.map(({ mount }) => mount)).toEqual([
        'cache:/data:ro',
        'docker-data:/var/lib/docker',
      ]);
    }
    // From a plain folder there is no root disk.
    expect(parseInspected(out('094-inspect-json')).rootDiskBytes).toBeNull();
  });

  it('takes a mount or an image that it can’t read for an error, not for none', () => {
    const said = out('241-sbx-inspect');
    for (const [right, wrong] of [
      ['"guest": "/data"', '"guest": 7'],
      ['"size_mib": 256', '"size_mib": "256"'],
    ] as const) {
      expect(said).toContain(right);
      expect(() => parseInspected(said.replace(right, wrong))).toThrow(
        expect.objectContaining({ code: 'unexpected-output' }),
      );
    }
  });

  it('shows a mount as msb takes it, with every option that is set', () => {
    expect(parseInspected(out('233-inspect-mount-options')).mounts.map(({ mount }) => mount)).toEqual([
      'cache:/data:ro,noexec,nosuid,nodev,stat-virt=relaxed,host-perms=mirror,uid=1000,gid=100',
    ]);
  });

  it('names snapshots by group and member since 0.7, by name before', () => {
    expect(parseSnapshots(out('149-snap-ls-json'))).toMatchObject([
      { reference: 'tiny1:base1', sizeBytes: 268_435_456, availability: 'ready' },
    ]);
    expect(parseSnapshots(out('0.6.18-snapshots'))).toMatchObject([{ reference: 'base1' }]);
    expect(parseImages(out('142-image-ls-json'))).toMatchObject([
      { reference: 'tiny:latest', platform: 'linux/amd64', sizeBytes: 143_360 },
    ]);
  });

  it('tells of a snapshot whether it can be verified, what it was made from, and which is the head of its group', () => {
    expect(parseSnapshotDetail(out('214-snap-inspect'))).toEqual({
      digest: 'sha256:47f24cc8e636dfe82add73e895ea18f8d012fc51d7523524c040b4de8f51a63a',
      integrity: true,
      facts: [
        { label: 'Source Sandbox', text: 'web' },
        { label: 'Virtual Size', text: '68.0 MiB' },
        { label: 'Layers', text: '1' },
      ],
    });
    expect(parseSnapshotDetail(out('215-snap-inspect-bare')).integrity).toBe(false);
    expect(parseSnapshotDetail(out('160-snap-inspect-colon')).facts).toContainEqual({
      label: 'Labels',
      text: 'stage=ready',
    });
    expect(parseSnapshotDetail(out('0.6.18-snap-inspect'))).toMatchObject({
      integrity: true,
      facts: [
        { label: 'Source Sandbox', text: 'web' },
        { label: 'Upper Size', text: '68.0 MiB' },
      ],
    });
    const [child, parent] = parseSnapshots(out('213-snap-ls-children'));
    expect([child?.parentId, child?.group]).toEqual([parent?.id, 'web']);
    expect(parseHead(out('218-snap-head'))).toBe(child?.id);
    expect(parseHead(out('219-snap-head-select'))).toBe(parent?.id);
    // Before 0.7 its digest is what others name.
    const [old] = parseSnapshots(out('0.6.18-snap-ls-after'));
    expect([old?.id, old?.group]).toEqual([old?.digest, null]);
    for (const text of ['', 'Snapshot ID: x\n']) {
      expect(() => parseSnapshotDetail(text)).toThrow(expect.objectContaining({ code: 'unexpected-output' }));
    }
    expect(() => parseHead('{"group":"web"}')).toThrow(
      expect.objectContaining({ code: 'unexpected-output' }),
    );
  });

  it('says where its data is, and why no sandbox can start', () => {
    expect(parseDoctor(capturedMsb('070-doctor'))).toEqual({
      home: '/home/admin/.microsandbox',
      cannotStart: 'CPU virtualization is not available',
    });
    expect(parseBackend(capturedMsb('085-context-json'))).toBe('local');
    expect(parseDoctor(capturedMsb('0.6.18-doctor')).home).toBe('/home/admin/.microsandbox');
    expect(parseDoctor({ exitCode: 0, stdout: '', stderr: '' })).toEqual({ home: null, cannotStart: null });
  });
});

describe('what lies in the folder of volumes', () => {
  const home = '/home/admin/.microsandbox';
  const at = (name: string): string => `${home}/volumes/${name}\0`;

  it('is told apart from the locks', () => {
    const stdout = [at('cache'), at('.locks'), at('.new.x1'), at('.locks/cache.lock')].join('');
    const { names, locks } = parseListing(home, { exitCode: 0, stdout, stderr: '' });
    expect([...names]).toEqual(['cache', '.new.x1']);
    expect([...locks]).toEqual(['cache']);
  });

  it('is nothing where nothing was made yet, and an error where it may not be read', () => {
    const gone = `find: '${home}/volumes': No such file or directory\n`;
    expect(parseListing(home, { exitCode: 1, stdout: '', stderr: gone }).names.size).toBe(0);
    const denied = `find: '${home}/volumes': Permission denied\n`;
    expect(() => parseListing(home, { exitCode: 1, stdout: '', stderr: denied })).toThrow(
      expect.objectContaining({ code: 'command-failed' }),
    );
  });

  it('has no size where du could not read to the end', () => {
    const stdout = `4096\t${home}/volumes/a\n8192\t${home}/volumes/b\n12288\t${home}/volumes\n`;
    const stderr = `du: cannot read directory '${home}/volumes/b/secret': Permission denied\n`;
    expect([...parseUsage(home, { exitCode: 1, stdout, stderr })]).toEqual([
      ['a', { bytes: 4096, changedAtMs: null }],
    ]);
  });

  it('has the time of its newest file, where there is one that can be told', () => {
    const at = (seconds: string, name: string): string => `4096\t${seconds}\t${home}/volumes/${name}\n`;
    const stdout = [
      at('1795992818', 'a'),
      at('0', 'b'),
      at('-1', 'before 1970'),
      at('8640000000001', 'beyond the calendar'),
      at('9223372036854775807', 'far'),
      `4096\t1795992818\t${home}/volumes\n`,
    ].join('');
    const usage = parseUsage(home, { exitCode: 0, stdout, stderr: '' });
    expect([...usage].map(([name, { bytes, changedAtMs }]) => [name, bytes, changedAtMs])).toEqual([
      ['a', 4096, 1_795_992_818_000],
      ['b', 4096, 0],
      ['before 1970', 4096, null],
      ['beyond the calendar', 4096, null],
      ['far', 4096, null],
    ]);
  });
});

describe('what lies in the folder of archives', () => {
  const home = '/home/admin/.microsandbox';

  it('is told with what msb left of one that it was saving', () => {
    const archives = parseArchives(home, capturedMsb('232-archives'));
    expect(archives.map(({ name, sizeBytes, unfinished }) => [name, sizeBytes, unfinished])).toEqual([
      ['.killed.msb.tmp.23934.1795948510745996763', 0, true],
      ['base1.msb', 2440, false],
      ['full.msb', 4031, false],
      ['junk.msb', 5, false],
    ]);
    // As the lab machine says it: find is called by its path.
    for (const program of ['find', '/usr/bin/find']) {
      const stderr = `${program}: '${home}/archives': No such file or directory\n`;
      expect(parseArchives(home, { exitCode: 1, stdout: '', stderr })).toEqual([]);
    }
    const denied = `find: ‘${home}/archives’: Permission denied\n`;
    expect(() => parseArchives(home, { exitCode: 1, stdout: '', stderr: denied })).toThrow(AppError);
  });

  it('stands beside the snapshots that lie there, which are found without msb', () => {
    const path = `${home}/snapshots/web/snap_1`;
    const told = { exitCode: 0, stdout: `${path}/snapshot.json\0`, stderr: '' };
    expect([...parseArtifacts(home, told)]).toEqual([path]);
    const gone = `find: ‘${home}/snapshots’: No such file or directory\n`;
    expect(parseArtifacts(home, { exitCode: 1, stdout: '', stderr: gone }).size).toBe(0);
    expect(() =>
      parseArtifacts(home, { exitCode: 1, stdout: '', stderr: 'find: x: Permission denied\n' }),
    ).toThrow(expect.objectContaining({ code: 'unexpected-output' }));
    expect(() => parseArtifacts(home, { ...told, stdout: '/etc/passwd\0' })).toThrow(AppError);
  });
});

describe('the errors of msb', () => {
  const failing = readdirSync(join(import.meta.dirname, 'fixtures'))
    .filter((file) => file.endsWith('.txt'))
    .map((file) => file.slice(0, -'.txt'.length))
    .filter((name) => {
      const { exitCode, stderr } = capturedMsb(name);
      return exitCode !== 0 && stderr !== '' && !name.endsWith('doctor');
    });

  /** Of commands that Holdfast does not send: a missing operand, a format, options of a mount, an archive. */
  const notSent = new Set([
    '259-sbx-exec-usage',
    '064-rm-none',
    '175-mount-size-nokind',
    '176-mount-disk-nosize',
  ]);

  it.each(failing)('%s has its sentence', (name) => {
    const { exitCode, stderr } = capturedMsb(name);
    const told = explainMsb(exitCode, stderr);
    if (notSent.has(name)) return;
    expect(told, stderr).not.toBeNull();
    expect(told?.message).not.toBe('');
    expect(told?.remedy).not.toBe('');
  });

  it('name the sandbox and the volume', () => {
    const { exitCode, stderr } = capturedMsb('120-rm-attached-running');
    expect(explainMsb(exitCode, stderr)?.message).toContain('Sandbox web2 runs or is paused and mounts att');
  });
});
