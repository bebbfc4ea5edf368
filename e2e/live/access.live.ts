import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccessFileKind } from '../../src-preload/contract/access';
import { hostSettingsSchema } from '../../src-preload/contract/hosts';
import { onLab, resetLab, type Lab } from './lab';
import { startLiveCore, type LiveCore } from './live-core';

/** Its self-tests ask the emulated machine about every command there is. */
const slowly = { timeout: 900_000 };
const user = 'hfoperator';

/** The exported files, installed for a login of its own, with the real sshd, sudo and sh of the lab machine. */
describe('least privilege on the lab machine', () => {
  let lab: Lab;
  let own: Lab;
  let live: LiveCore;
  let hostId: string;
  let folder: string;

  const text = async (kind: AccessFileKind, level: 'view' | 'operate' | 'administer' = 'operate') => {
    const { files } = await live.call('access:files', { hostId, level });
    const file = files.find((each) => each.kind === kind);
    if (file === undefined) throw new Error(`No ${kind}`);
    return file.text;
  };
  const put = (content: string, path: string, mode: string, owner = 'root') =>
    onLab(
      lab,
      `cat > /tmp/hf-file && sudo install -D -o ${owner} -g ${owner} -m ${mode} /tmp/hf-file ${path}`,
      content,
    );
  const useSudo = async (sudo: boolean): Promise<void> => {
    const { hosts } = await live.call('hosts:list', {});
    const host = hosts.find((each) => each.host.id === hostId)?.host;
    const settings = hostSettingsSchema.strip().parse(host);
    await live.call('hosts:update', { hostId, settings: { ...settings, sudo }, secret: null });
  };
  /** With OpenSSH and the key of the new login, past Holdfast. */
  const raw = (line: string) =>
    spawnSync(
      'ssh',
      [
        ...['-p', String(own.port), '-i', own.privateKeyPath, '-o', 'StrictHostKeyChecking=no'],
        ...['-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR', '-o', 'BatchMode=yes'],
        ...['-o', 'IdentitiesOnly=yes', `${user}@${own.host}`, line],
      ],
      { encoding: 'utf8', timeout: 120_000 },
    );

  beforeAll(async () => {
    lab = resetLab();
    folder = mkdtempSync(join(tmpdir(), 'holdfast-access-'));
    const privateKeyPath = join(folder, 'id');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'holdfast', '-f', privateKeyPath]);
    own = { ...lab, privateKeyPath, user };
    const publicKey = execFileSync('ssh-keygen', ['-y', '-f', privateKeyPath], { encoding: 'utf8' });
    // `*` and not the `!` of useradd: sshd without PAM lets nobody into a locked account.
    await onLab(lab, `sudo useradd -m -s /bin/sh -p '*' ${user}`);
    await put(publicKey, `/home/${user}/.ssh/authorized_keys`, '0600', user);
    await onLab(lab, `sudo chown ${user} /home/${user}/.ssh`);
    await onLab(lab, 'sudo zpool create tank mirror /dev/vdb /dev/vdc && sudo zfs create tank/data');
    await onLab(lab, 'sudo vgcreate -q vg0 /dev/vdd && sudo lvcreate -q -y -L 64M -n root vg0');
    live = await startLiveCore();
    hostId = (await live.addLabHost(own, { user, sudo: true, accessLevel: 'administer' })).id;
    await live.call('settings:update', { readOnly: false });
  }, 240_000);

  afterAll(async () => {
    await live?.close();
    rmSync(folder, { recursive: true, force: true });
    await onLab(
      lab,
      `sudo rm -rf /etc/sudoers.d/holdfast /usr/local/lib/holdfast /tmp/hf-*; sudo pkill -u ${user}; sleep 1; sudo userdel -r -f ${user} 2>/dev/null; sudo zpool destroy -f tank; sudo vgremove -q -f vg0; sudo pvremove -q /dev/vdd`,
    );
    // As it was found: no login, no file of ours, no pool.
    const left = `getent passwd ${user}; sudo ls /home /etc/sudoers.d /usr/local/lib /tmp | grep -E 'hf|holdfast'; sudo zpool list -H; sudo vgs --noheadings; true`;
    expect(await onLab(lab, left)).toBe('');
  });

  it('finds that sudo gives this login nothing yet', slowly, async () => {
    const test = await live.call('access:selfTest', { hostId, level: 'operate' });
    expect(test).toMatchObject({ tooMuch: 0, unlimited: false });
    expect(test.missing).toBe(test.checks.filter(({ expected }) => expected).length);
    expect(test.missing).toBeGreaterThan(30);
  });

  it('passes visudo(8), and then allows what the level needs and nothing else', slowly, async () => {
    await put(await text('sudoers'), '/tmp/hf-sudoers', '0440');
    expect(await onLab(lab, 'sudo visudo -cf /tmp/hf-sudoers')).toContain('parsed OK');
    await put(await text('sudoers'), '/etc/sudoers.d/holdfast', '0440');
    const test = await live.call('access:selfTest', { hostId, level: 'operate' });
    expect(test.checks.filter(({ expected, allowed }) => expected !== allowed)).toEqual([]);
    expect(test.checks.length).toBeGreaterThan(80);
  });

  it(
    'works with it: reads all, takes a snapshot, and is refused by the host beyond its level',
    slowly,
    async () => {
      const inventory = await live.call('inventory:refresh', { hostId });
      expect(inventory.pools.map(({ id }) => id)).toEqual(expect.arrayContaining(['zfs:tank', 'lvm:vg0']));
      expect(inventory.backends.filter(({ error }) => error !== null)).toEqual([]);
      const taken = await live.run(hostId, 'zfs.snapshot.create', {
        dataset: 'tank/data',
        name: 'held',
        recursive: false,
      });
      expect(taken.result).toMatchObject({ outcome: 'ok' });
      const destroyed = await live.run(hostId, 'zfs.snapshot.destroy', { snapshot: 'tank/data@held' });
      expect(destroyed.result.outcome).toBe('failed');
      expect(destroyed.result.message).toMatch(/sudo .* does not let hfoperator run zfs/);
      expect(await onLab(lab, 'sudo zfs list -H -t snapshot -o name')).toBe('tank/data@held\n');
    },
  );

  it('holds the key to the forced command, and still works', slowly, async () => {
    await put(await text('gate'), '/usr/local/lib/holdfast/gate', '0755');
    const line = await text('authorized-keys');
    expect(line).toMatch(
      /^restrict,command="\/usr\/local\/lib\/holdfast\/gate" ssh-ed25519 AAAA\S+ holdfast\n$/,
    );
    await put(line, `/home/${user}/.ssh/authorized_keys`, '0600', user);
    await live.call('hosts:disconnect', { hostId });

    const inventory = await live.call('inventory:refresh', { hostId });
    expect(inventory.pools.map(({ id }) => id)).toEqual(expect.arrayContaining(['zfs:tank', 'lvm:vg0']));
    expect(inventory.backends.filter(({ error }) => error !== null)).toEqual([]);
    const test = await live.call('access:selfTest', { hostId, level: 'operate' });
    expect(test.checks.filter(({ expected, allowed }) => expected !== allowed)).toEqual([]);
    const thick = await live.run(hostId, 'lvm.snapshot.create', {
      volumeGroup: 'vg0',
      logicalVolume: 'root',
      name: 'before',
      size: '16M',
    });
    expect(thick.result, thick.result.message).toMatchObject({ outcome: 'ok' });
    const destroyed = await live.run(hostId, 'zfs.snapshot.destroy', { snapshot: 'tank/data@held' });
    expect(destroyed.result.outcome).toBe('failed');
    expect(destroyed.result.message).toMatch(/forced command .* does not allow zfs in this form/);
    expect(await onLab(lab, 'sudo zfs list -H -t snapshot -o name')).toBe('tank/data@held\n');
  });

  it.each([
    ['a shell', ''],
    ['another command', 'id'],
    ['a command behind a good one', 'LC_ALL=C sudo -n -- /usr/sbin/zfs version; id'],
    ['what sudo would refuse', 'sudo -n -- /usr/sbin/zpool destroy tank'],
    ['the sudoers file', 'cat /etc/sudoers.d/holdfast'],
  ])('gives this key no %s', slowly, async (_what, line) => {
    const { status, stdout, stderr } = raw(line);
    expect([status, stdout]).toEqual([126, '']);
    expect(stderr).toContain('holdfast-gate: refused');
  });

  it(
    'gives files out read-only with this key, and to be changed only where that was chosen',
    slowly,
    async () => {
      const asked = async (files: 'read' | 'write') =>
        (await live.call('access:selfTest', { hostId, level: 'administer', files })).files;
      const { files } = await live.call('access:files', { hostId, level: 'administer', files: 'write' });
      const writing = files.find(({ kind }) => kind === 'gate')?.text ?? '';
      const reading = await text('gate');
      // What sudo allows is asked by the other tests, and takes a minute each time in an emulated machine.
      await useSudo(false);
      expect(await asked('read')).toEqual({ expected: false, writable: false });
      await put(writing, '/usr/local/lib/holdfast/gate', '0755');
      await live.call('hosts:disconnect', { hostId });
      expect(await asked('write')).toEqual({ expected: true, writable: true });
      await put(reading, '/usr/local/lib/holdfast/gate', '0755');
      await live.call('hosts:disconnect', { hostId });
      expect(await asked('write')).toEqual({ expected: true, writable: false });
      await useSudo(true);
    },
  );

  it('says when a login may run anything', slowly, async () => {
    await put(`${user} ALL=(ALL) NOPASSWD: ALL\n`, '/etc/sudoers.d/zz-all', '0440');
    await onLab(lab, `sudo cp /home/${user}/.ssh/authorized_keys /tmp/hf-keys`);
    await put(
      execFileSync('ssh-keygen', ['-y', '-f', own.privateKeyPath], { encoding: 'utf8' }),
      `/home/${user}/.ssh/authorized_keys`,
      '0600',
      user,
    );
    await live.call('hosts:disconnect', { hostId });
    const test = await live.call('access:selfTest', { hostId, level: 'operate' });
    await onLab(lab, 'sudo rm /etc/sudoers.d/zz-all');
    expect(test).toMatchObject({ missing: 0, unlimited: true });
    expect(test.tooMuch).toBeGreaterThan(20);
  });
});
