import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxInventory, SandboxVolume } from '../../src-preload/contract/sandbox';
import { onLab, resetLab, type Lab } from './lab';
import { startLiveCore, type LiveCore } from './live-core';

/** One file of a tar archive (POSIX ustar). */
function tarEntry(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  const put = (text: string, at: number): void => void header.write(text, at, 'latin1');
  put(name, 0);
  put('0000755\0', 100);
  put('0000000\0', 108);
  put('0000000\0', 116);
  put(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  put('00000000000\0', 136);
  put('        ', 148);
  put('0', 156);
  put('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}
const tar = (files: Record<string, Buffer>): Buffer =>
  Buffer.concat([
    ...Object.entries(files).map(([name, content]) => tarEntry(name, content)),
    Buffer.alloc(1024),
  ]);
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** The smallest image that msb loads. */
function tinyImage(): Buffer {
  const layer = tar({ 'bin/sh': Buffer.from('#!/bin/true\n') });
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Env: ['PATH=/bin'], Cmd: ['/bin/sh'] },
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
      history: [{ created_by: 'tiny' }],
    }),
  );
  const manifest = [
    { Config: `${sha256(config)}.json`, RepoTags: ['tiny:latest'], Layers: [`${sha256(layer)}/layer.tar`] },
  ];
  return tar({
    [`${sha256(config)}.json`]: config,
    [`${sha256(layer)}/layer.tar`]: layer,
    'manifest.json': Buffer.from(JSON.stringify(manifest)),
  });
}

const home = '/home/admin/.microsandbox';

/** The real msb over SSH, as the login user; what it did is checked with msb and the file system. */
describe('microsandbox on the lab machine', () => {
  let lab: Lab;
  let live: LiveCore;
  let hostId: string;
  const msb = (line: string): Promise<string> => onLab(lab, `msb ${line}`);
  const names = async (): Promise<string[]> =>
    (await msb('volume ls -q')).split('\n').filter((line) => line !== '');
  /** After a change the core reads by itself; a refresh then joins that reading, which may have begun too early. */
  const readWith = async (name: string): Promise<SandboxInventory> => {
    const inventory = await read();
    return inventory.volumes.some((each) => each.name === name) ? inventory : read();
  };
  const read = async (): Promise<SandboxInventory> => {
    const { sandbox, sandboxError } = await live.call('inventory:refresh', { hostId });
    expect(sandboxError).toBeNull();
    if (sandbox === undefined || sandbox === null) throw new Error('no sandbox part');
    return sandbox;
  };
  const volume = (inventory: SandboxInventory, name: string): SandboxVolume => {
    const found = inventory.volumes.find((each) => each.name === name);
    if (found === undefined) throw new Error(`There is no volume ${name}.`);
    return found;
  };
  /** What the database says, as a running sandbox would: no microVM boots without virtualisation. */
  const setState = (sandbox: string, state: string): Promise<string> =>
    onLab(
      lab,
      `python3 -c "import sqlite3; d = sqlite3.connect('${home}/db/msb.db'); d.execute('update sandbox set status = ? where name = ?', ('${state}', '${sandbox}')); d.commit()"`,
    );

  beforeAll(async () => {
    lab = resetLab();
    live = await startLiveCore();
    hostId = (await live.addLabHost(lab)).id;
    await live.call('settings:update', { readOnly: false });
    await onLab(lab, `rm -rf ${home}; echo ${tinyImage().toString('base64')} | base64 -d > tiny.tar`);
    await msb('load -i tiny.tar');
  });

  afterAll(async () => {
    await live?.close();
    await onLab(lab, `rm -rf ${home} tiny.tar`);
  });

  it('is found with its version, its data home, and what keeps sandboxes from starting', async () => {
    const { drivers, volumes, images } = await read();
    expect(drivers.find(({ driver }) => driver === 'microsandbox')).toMatchObject({
      available: true,
      version: '0.7.2',
      error: null,
    });
    const facts = drivers.flatMap((each) => each.facts);
    expect(facts).toContainEqual({ label: 'Data home', text: home });
    expect(facts.find(({ label }) => label === 'Sandboxes can start')?.text).toMatch(/^no: /);
    expect(volumes).toEqual([]);
    expect(images.map(({ name }) => name)).toEqual(['tiny:latest']);
  });

  it('makes a directory and a disk volume, and refuses what msb would', async () => {
    for (const [action, input] of [
      ['msb.volume.createDirectory', { name: 'cache' }],
      ['msb.volume.createDisk', { name: 'docker-data', size: '68M' }],
    ] as const) {
      const { plan, result } = await live.run(hostId, action, input);
      expect(result).toMatchObject({ outcome: 'ok', verification: { status: 'confirmed' } });
      expect(plan.steps.map(({ kind }) => kind)).toEqual(['ssh']);
      // As the login user, not as root.
      expect(plan.steps[0]).toMatchObject({ argv: expect.not.arrayContaining(['sudo']) });
      const rows = await live.auditOf(hostId, result.operationId);
      expect(rows.map(({ event }) => event)).toEqual(['started', 'finished']);
    }
    expect((await names()).toSorted()).toEqual(['cache', 'docker-data']);
    expect(await onLab(lab, `stat -c %s ${home}/volumes/docker-data/disk.raw`)).toBe(`${68 * 1024 ** 2}\n`);
    expect(
      await onLab(
        lab,
        `blkid -p -o value -s TYPE ${home}/volumes/docker-data/disk.raw || sudo blkid -p -o value -s TYPE ${home}/volumes/docker-data/disk.raw`,
      ),
    ).toContain('ext4');

    const taken = await live.run(hostId, 'msb.volume.createDirectory', { name: 'cache' });
    expect(taken.result.outcome).toBe('refused');
    expect(taken.plan.blockers[0]?.text).toContain('There is a volume cache already');
    const plan = (input: Record<string, string>) =>
      live.refusal('operations:plan', { hostId, action: 'msb.volume.createDisk', input });
    expect((await plan({ name: 'small', size: '67M' })).code).toBe('invalid-request');
    expect((await plan({ name: '-bad', size: '1G' })).code).toBe('invalid-request');
    expect(await names()).toHaveLength(2);
  });

  it('measures what volumes really take, which msb always calls 0', async () => {
    await onLab(lab, `head -c 3000000 /dev/urandom > ${home}/volumes/cache/blob`);
    const inventory = await read();
    const [du] = (await onLab(lab, `du -s --block-size=1 ${home}/volumes/cache`)).split('\t');
    const written = await onLab(lab, `stat --format=%Y ${home}/volumes/cache/blob`);
    expect(volume(inventory, 'cache')).toMatchObject({
      actualSizeBytes: Number(du),
      changedAtMs: Number(written) * 1000,
      path: `${home}/volumes/cache`,
      labels: [],
      quotaBytes: null,
      usedBy: [],
    });
    expect(await msb('volume ls --format json')).toContain('"used_bytes": 0');
    expect(volume(inventory, 'docker-data')).toMatchObject({
      kind: 'disk',
      capacityBytes: 68 * 1024 ** 2,
      path: `${home}/volumes/docker-data/disk.raw`,
    });
  });

  it('names the sandbox that mounts a volume, and removes nothing while it runs or is paused', async () => {
    // It does not start here, and stays as a stopped record with its mounts.
    await onLab(
      lab,
      'msb create tiny:latest --name web --pull never --root-disk 68M --mount-named cache:/data:ro --mount-named docker-data:/var/lib/docker:kind=disk,size=68M >/dev/null 2>&1; true',
    );
    expect(volume(await read(), 'cache').usedBy).toEqual([
      {
        ...{ sandbox: 'web', state: 'Stopped', active: false, guestPath: '/data', readOnly: true },
        mount: 'cache:/data:ro',
      },
    ]);
    for (const state of ['Running', 'Paused']) {
      await setState('web', state);
      const used = volume(await read(), 'cache').usedBy;
      // msb may find that nothing runs and set it back.
      if (used?.[0]?.state !== state) continue;
      const { plan, result } = await live.run(hostId, 'msb.volume.remove', { name: 'cache' });
      expect(plan.blockers[0]?.text).toContain(`cache is attached to web (${state}) at /data`);
      expect(result.outcome).toBe('refused');
    }
    expect(await names()).toContain('cache');
    await setState('web', 'Stopped');
  });

  it('refuses a disk whose image something holds, and gives up on a lock after its time', async () => {
    /** Until it is let go: under emulation nobody knows how long a plan takes. */
    const hold = async (file: string) => {
      const pid = await onLab(
        lab,
        `setsid flock ${file} sleep 600 </dev/null >/dev/null 2>&1 & echo $!; sleep 1`,
      );
      return () => onLab(lab, `kill -- -${pid.trim()}`);
    };
    const letDiskGo = await hold(`${home}/volumes/docker-data/disk.raw`);
    const held = await live.call('operations:plan', {
      hostId,
      action: 'msb.volume.remove',
      input: { name: 'docker-data' },
    });
    await letDiskGo();
    expect(held.blockers[0]?.text).toContain('Something holds the disk image of docker-data');

    await live.run(hostId, 'msb.volume.createDirectory', { name: 'locked' });
    const letLockGo = await hold(`${home}/volumes/.locks/locked.lock`);
    const { plan, result } = await live.run(hostId, 'msb.volume.remove', { name: 'locked' });
    await letLockGo();
    expect(plan.consequences.map(({ text }) => text).join(' ')).toContain('holds the lock of locked now');
    expect(result.outcome).toBe('failed');
    expect(result.message).toContain('held the lock of this name for 30 s');
    expect(await names()).toContain('locked');
  });

  it('reports a directory without a record and a record without a directory, and mends both', async () => {
    await onLab(
      lab,
      `mkdir ${home}/volumes/orphan ${home}/volumes/junk; echo kept > ${home}/volumes/orphan/file; msb volume create gone; rm -r ${home}/volumes/gone`,
    );
    const inventory = await readWith('gone');
    expect(volume(inventory, 'orphan').presence).toBe('orphan');
    expect(volume(inventory, 'gone').presence).toBe('missing');

    const blocked = await live.run(hostId, 'msb.volume.createDirectory', { name: 'orphan' });
    expect(blocked.plan.blockers[0]?.text).toContain('msb has no record of it');
    const aside = await live.run(hostId, 'msb.orphan.setAside', { name: 'orphan' });
    expect(aside.result).toMatchObject({ outcome: 'ok', verification: { status: 'confirmed' } });
    expect(await onLab(lab, `cat ${home}/volumes-set-aside/orphan-*/file`)).toBe('kept\n');
    const deleted = await live.run(hostId, 'msb.orphan.delete', { name: 'junk' });
    expect(deleted.result.outcome).toBe('ok');
    const removed = await live.run(hostId, 'msb.volume.remove', { name: 'gone' });
    expect(removed.result.outcome).toBe('ok');
    expect(await onLab(lab, `ls ${home}/volumes`)).not.toMatch(/orphan|junk|gone/);
    expect(await names()).not.toContain('gone');
  });

  it('leaves nothing of a volume whose record msb could not write', async () => {
    const sql = (statement: string): Promise<string> =>
      onLab(
        lab,
        `python3 -c "import sqlite3; d = sqlite3.connect('${home}/db/msb.db'); d.execute(\\"${statement}\\"); d.commit()"`,
      );
    await sql("create trigger no_more before insert on volume begin select raise(abort, 'no more'); end");
    const before = await onLab(lab, `ls -A ${home}/volumes`);
    for (const [action, input] of [
      ['msb.volume.createDirectory', { name: 'rolled' }],
      ['msb.volume.createDisk', { name: 'rolled-disk', size: '68M' }],
    ] as const) {
      const { result } = await live.run(hostId, action, input);
      expect(result, result.message).toMatchObject({ outcome: 'failed' });
      expect(result.message).toContain('msb could not write its record');
    }
    await sql('drop trigger no_more');
    expect(await onLab(lab, `ls -A ${home}/volumes`)).toBe(before);
    expect((await read()).volumes.filter(({ name }) => name.startsWith('rolled'))).toEqual([]);
  });

  it('takes, lists, restores and removes a snapshot', async () => {
    const taken = await live.run(hostId, 'msb.snapshot.create', {
      ...{ sandbox: 'web', name: 'base1', integrity: true },
    });
    expect(taken.result).toMatchObject({ outcome: 'ok', verification: { status: 'confirmed' } });
    expect((await read()).snapshots.map(({ name }) => name)).toEqual(['web:base1']);
    expect(await msb('snapshot inspect web:base1')).toContain('Source Sandbox: web');

    const restored = await live.run(hostId, 'msb.snapshot.restore', { snapshot: 'web:base1', name: 'web2' });
    expect(restored.plan.consequences.map(({ text }) => text).join(' ')).toContain(
      'No sandbox can start on this host',
    );
    expect(restored.result).toMatchObject({ outcome: 'failed', verification: { status: 'not-there' } });
    expect(restored.result.message).toContain('was made, but it did not start');
    expect(await msb('ls --format json')).toContain('"web2"');

    const removed = await live.run(hostId, 'msb.snapshot.remove', { snapshot: 'web:base1' });
    expect(removed.result).toMatchObject({ outcome: 'ok', verification: { status: 'confirmed' } });
    expect(await msb('snapshot ls --format json')).toBe('[]\n');
  });

  it('verifies a snapshot against what was recorded, and says when it was changed since', async () => {
    const take = (name: string, integrity: boolean) =>
      live.run(hostId, 'msb.snapshot.create', { sandbox: 'web', name, integrity });
    await take('bare', false);
    await take('sure', true);
    const bare = await live.run(hostId, 'msb.snapshot.verify', { snapshot: 'web:bare' });
    expect(bare.plan.blockers[0]?.text).toContain('was not recorded when it was taken');
    const sure = await live.run(hostId, 'msb.snapshot.verify', { snapshot: 'web:sure' });
    expect(sure.result.outcome, sure.result.message).toBe('ok');
    expect(sure.result.steps[0]?.stdout).toContain('verified (msb-file-merkle-blake3-v1');
    const found = (await read()).snapshots.find(({ name }) => name === 'web:sure');
    expect(found?.facts).toContainEqual({ label: 'Integrity', text: 'recorded' });
    expect(found?.facts).toContainEqual({ label: 'Source Sandbox', text: 'web' });
    const path = found?.facts.find(({ label }) => label === 'Path')?.text ?? '';
    await onLab(lab, `printf X | dd of=$(ls ${path}/layers/*.raw) bs=1 seek=5000 conv=notrunc status=none`);
    const changed = await live.run(hostId, 'msb.snapshot.verify', { snapshot: 'web:sure' });
    expect(changed.result.outcome).toBe('failed');
    expect(changed.result.message).toContain('is not what was recorded when it was taken');
  });

  it('makes another member the head of its group, and removes none that others were made from', async () => {
    const chosen = await live.run(hostId, 'msb.snapshot.head', { snapshot: 'web:bare' });
    expect(chosen.result).toMatchObject({ outcome: 'ok', verification: { status: 'confirmed' } });
    const id = (await msb('snapshot inspect web:bare')).match(/snap_[0-9a-f]+/)?.[0] ?? '';
    expect(await msb('snapshot head --format json web')).toContain(`"head": "${id}"`);
    const again = await live.run(hostId, 'msb.snapshot.head', { snapshot: 'web:bare' });
    expect(again.plan.blockers[0]?.text).toContain('is the head of its group');
    const parent = await live.run(hostId, 'msb.snapshot.remove', { snapshot: 'web:bare' });
    expect(parent.plan.blockers[0]?.text).toBe('Other snapshots were made from it: web:sure.');
  });

  it('saves a snapshot to an archive, never over one, loads it, and finds what msb has no record of', async () => {
    const save = { snapshot: 'web:bare', file: 'bare.msb', withImage: true };
    const saved = await live.run(hostId, 'msb.snapshot.save', save);
    expect(saved.result).toMatchObject({ outcome: 'ok', verification: { status: 'confirmed' } });
    expect(await onLab(lab, `stat -c %a ${home}/archives`)).toBe('700\n');
    const over = await live.run(hostId, 'msb.snapshot.save', save);
    expect(over.plan.blockers[0]?.text).toContain('is there already');
    const loaded = await live.run(hostId, 'msb.snapshot.load', { file: 'bare.msb', group: 'moved' });
    expect(loaded.result, loaded.result.message).toMatchObject({
      outcome: 'ok',
      verification: { status: 'confirmed', text: 'msb lists moved:bare.' },
    });
    expect(await msb('snapshot inspect moved:bare')).toContain('Source Sandbox: web');
    await onLab(lab, `echo junk > ${home}/archives/junk.msb; touch ${home}/archives/.x.msb.tmp.1.2`);
    const junk = await live.run(hostId, 'msb.snapshot.load', { file: 'junk.msb', group: 'moved' });
    expect(junk.result.message).toContain('no whole archive');
    const archives = (await read()).snapshots.filter(({ kind }) => kind !== undefined);
    expect(archives.map(({ name, kind }) => `${kind ?? ''} ${name}`).toSorted()).toEqual([
      ...['archive bare.msb', 'archive junk.msb', 'unfinished-archive .x.msb.tmp.1.2'],
    ]);
    for (const file of ['junk.msb', '.x.msb.tmp.1.2']) {
      const deleted = await live.run(hostId, 'msb.archive.delete', { file });
      expect(deleted.result).toMatchObject({ outcome: 'ok', verification: { status: 'confirmed' } });
    }
    expect(await onLab(lab, `ls -A ${home}/archives`)).toBe('bare.msb\n');

    // A snapshot that was copied there past msb. What reads it by its name gives it a record again: no such read may be
    // under way.
    await read();
    const from = (await msb('snapshot inspect moved:bare')).match(/Reference:\s+(\S+)/)?.[1] ?? '';
    await onLab(
      lab,
      `sqlite3 -version >/dev/null 2>&1; python3 -c "import sqlite3; d = sqlite3.connect('${home}/db/msb.db'); t = [r[0] for r in d.execute(\\"select name from sqlite_master where type = 'table' and name like 'snapshot%'\\")]; [d.execute('delete from ' + n + ' where artifact_path = ?', ('${from}',)) for n in t if 'artifact_path' in [c[1] for c in d.execute('pragma table_info(' + n + ')')]]; d.commit()"`,
    );
    expect(await msb('snapshot ls --format json')).not.toContain(from);
    const indexed = await live.run(hostId, 'msb.snapshot.reindex', {});
    expect(indexed.result, indexed.result.message).toMatchObject({
      outcome: 'ok',
      verification: { status: 'confirmed' },
    });
    expect(await msb('snapshot ls --format json')).toContain(from);
  });

  it('loads an image from an archive', async () => {
    await onLab(lab, `cp tiny.tar ${home}/archives/tiny.tar`);
    const same = await live.run(hostId, 'msb.image.load', { file: 'tiny.tar' });
    expect(same.result.verification).toMatchObject({ status: 'skipped' });
    const other = Buffer.from(
      tinyImage().toString('latin1').replaceAll('tiny:latest', 'mini:latest'),
      'latin1',
    );
    await onLab(lab, `echo ${other.toString('base64')} | base64 -d > ${home}/archives/mini.tar`);
    const loaded = await live.run(hostId, 'msb.image.load', { file: 'mini.tar' });
    expect(loaded.result, loaded.result.message).toMatchObject({
      outcome: 'ok',
      verification: { status: 'confirmed', text: 'msb has mini:latest.' },
    });
    const none = await live.run(hostId, 'msb.image.load', { file: 'none.tar' });
    expect(none.plan.blockers[0]?.text).toContain('There is no none.tar');
    expect(await msb('image ls --format json')).toContain('"mini:latest"');
  });

  const box = { image: 'tiny:latest', cpus: 1, memory: '128M', rootDisk: '68M' };
  /** What all of them say where nothing boots. */
  const noRuntime = 'sandbox process exited';

  it('makes a sandbox that does not start here, and says so in the words of msb', async () => {
    await msb('volume create boxed');
    await msb('volume create boxed-disk --kind disk --size 68M');
    const input = {
      ...{ ...box, name: 'box1' },
      mounts: 'boxed:/data:ro\nboxed-disk:/var/lib/docker',
    };
    const { plan, result } = await live.run(hostId, 'msb.sandbox.create', input);
    expect(plan.consequences.map(({ text }) => text).join(' ')).toContain(
      'No sandbox can start on this host',
    );
    expect(result).toMatchObject({ outcome: 'failed', verification: { status: 'not-there' } });
    expect(result.message).toContain('Sandbox box1 was made, but it did not start');
    expect(result.message).toContain(noRuntime);
    const inspected = JSON.parse(await msb('inspect box1 --format json')) as { config: unknown };
    expect(inspected.config).toMatchObject({
      image: { Oci: { reference: 'tiny:latest', root_disk: { size_mib: 68 } } },
      pull_policy: 'Never',
      resources: { cpus: 1, memory_mib: 128 },
      mounts: [
        { type: 'Named', name: 'boxed', guest: '/data', options: { readonly: true } },
        { type: 'Named', name: 'boxed-disk', guest: '/var/lib/docker' },
      ],
    });
    const listed = (await read()).sandboxes.find(({ name }) => name === 'box1');
    expect(listed?.facts).toContainEqual({ label: 'Root disk', text: '68 MiB' });

    const taken = await live.run(hostId, 'msb.sandbox.create', { ...box, name: 'box1', mounts: null });
    expect(taken.plan.blockers[0]?.text).toBe('There is a sandbox box1 already.');
    const absent = await live.run(hostId, 'msb.sandbox.create', {
      ...{ ...box, name: 'box2', image: 'alpine:latest', mounts: null },
    });
    expect(absent.plan.blockers[0]?.text).toBe('msb has no image alpine:latest on this host.');
    const unknown = await live.run(hostId, 'msb.sandbox.create', {
      ...{ ...box, name: 'box2', mounts: 'nonesuch:/data' },
    });
    expect(unknown.plan.blockers[0]?.text).toContain('msb has no volume nonesuch');
    expect(await msb('ls --format json')).not.toContain('"box2"');
    expect(await names()).not.toContain('nonesuch');
  });

  it('starts, pauses, resumes and runs nothing in a sandbox that is stopped, and says why', async () => {
    const started = await live.run(hostId, 'msb.sandbox.start', { name: 'box1' });
    expect(started.result).toMatchObject({ outcome: 'failed', verification: { status: 'not-there' } });
    expect(started.result.message).toContain('Sandbox box1 did not start');
    expect(started.result.message).toContain(noRuntime);
    for (const [action, input, words] of [
      ['msb.sandbox.stop', { seconds: 30, atOnce: false }, 'box1 is Stopped already.'],
      ['msb.sandbox.pause', {}, 'box1 is Stopped: only a running sandbox can be paused.'],
      ['msb.sandbox.resume', {}, 'box1 is Stopped: only a paused sandbox can be resumed.'],
      [
        'msb.sandbox.exec',
        { command: 'uname', seconds: 10 },
        'box1 is Stopped, so nothing can be run in it.',
      ],
    ] as const) {
      const { plan, result } = await live.run(hostId, action, { name: 'box1', ...input });
      expect([action, plan.blockers[0]?.text]).toEqual([action, words]);
      expect(result.outcome).toBe('refused');
    }
  });

  it('says of a sandbox that only its record calls running that nothing runs behind it, and stops it', async () => {
    // The start that failed left a run without a process behind: at its next look msb ends that, and calls box1 crashed.
    await setState('box1', 'Running');
    await msb('ls');
    await setState('box1', 'Running');
    const removed = await live.run(hostId, 'msb.sandbox.remove', { name: 'box1' });
    expect(removed.plan.blockers[0]?.text).toBe('box1 is Running.');
    const ran = await live.run(hostId, 'msb.sandbox.exec', { name: 'box1', command: 'uname', seconds: 10 });
    expect(ran.result.outcome).toBe('failed');
    expect(ran.result.message).toContain('Nothing runs behind the sandbox');
    const rows = await live.auditOf(hostId, ran.result.operationId);
    expect(JSON.stringify(rows)).not.toContain('agent endpoint');
    await setState('box1', 'Running');
    const paused = await live.run(hostId, 'msb.sandbox.pause', { name: 'box1' });
    expect(paused.result.message).toContain('Nothing runs behind sandbox box1');
    await setState('box1', 'Paused');
    const resumed = await live.run(hostId, 'msb.sandbox.resume', { name: 'box1' });
    expect(resumed.result.message).toContain('Nothing runs behind sandbox box1');
    await setState('box1', 'Running');
    const stopped = await live.run(hostId, 'msb.sandbox.stop', {
      ...{ name: 'box1', seconds: 30, atOnce: false },
    });
    expect(stopped.result, stopped.result.message).toMatchObject({
      outcome: 'ok',
      // With no runtime behind it msb 0.7.2 calls it crashed.
      verification: { status: 'confirmed', text: expect.stringMatching(/^box1 is (?:Stopped|Crashed)\.$/) },
    });
  });

  it('removes a sandbox with its root disk, and leaves the volumes that it mounted', async () => {
    expect(await onLab(lab, `ls ${home}/sandboxes/box1`)).toContain('upper.ext4');
    const { plan, result } = await live.run(hostId, 'msb.sandbox.remove', { name: 'box1' });
    expect(plan.consequences[0]?.items).toEqual([{ name: 'root disk', sizeBytes: 68 * 1024 ** 2 }]);
    expect(result, result.message).toMatchObject({
      outcome: 'ok',
      verification: { status: 'confirmed', text: 'box1 is gone.' },
    });
    expect(await onLab(lab, `ls ${home}/sandboxes`)).not.toContain('box1');
    expect(await msb('ls --format json')).not.toContain('"box1"');
    expect(await names()).toEqual(expect.arrayContaining(['boxed', 'boxed-disk']));
  });

  it('removes many at once, those that only a stopped sandbox mounts too', async () => {
    await onLab(lab, 'for n in a b c; do msb volume create $n; done');
    const { plan, result } = await live.run(hostId, 'msb.volume.remove', {
      items: [{ name: 'a' }, { name: 'b' }, { name: 'c' }, { name: 'cache' }],
      goOn: true,
    });
    expect(plan.consequences.map(({ text }) => text).join(' ')).toContain('web (Stopped) mounts it');
    expect(result).toMatchObject({ outcome: 'ok', verification: { status: 'confirmed' } });
    const left = await names();
    for (const gone of ['a', 'b', 'c', 'cache']) expect(left).not.toContain(gone);
  });
});
