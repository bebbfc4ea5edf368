import Database from 'better-sqlite3';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redactText } from '../../audit/redact';
import { isSecretName } from '../../proxmox/client/secret-names';
import { atlas, startClusterCore, type ClusterCore } from '../../testing/cluster-core';
import { catalogue } from '../actions';
import { onlyNow } from './only-now';
import { shownThen } from './shown-then';

const action = (id: string) => {
  const found = catalogue.get(id);
  if (found === undefined) throw new Error(`${id} is not in the catalogue`);
  return found;
};

describe('what cannot be staged', () => {
  it('names what holds files of a dialog, contents of files, and consoles', () => {
    const never = [...catalogue.values()].filter(({ onlyNow: reason }) => reason !== undefined);
    expect(never.map(({ id }) => id).sort()).toEqual([
      'pve.certificate.upload',
      'pve.guest.console',
      'pve.volume.upload',
      'sandbox.file.upload',
      'sandbox.file.write',
    ]);
  });

  it('leaves every other action open, of hosts and of clusters, what is catastrophic included', () => {
    const open = [...catalogue.values()].filter((each) => onlyNow(each, { name: 'a' }) === null);
    expect(open).toHaveLength(catalogue.size - 5);
    for (const family of [
      'guest',
      'snapshot',
      'volume',
      'backup',
      'job',
      'node',
      'firewall',
      'ha',
      'sdn',
      'replication',
    ]) {
      expect(
        open.some(({ id }) => id.startsWith(`pve.${family}.`)),
        family,
      ).toBe(true);
    }
  });

  it.each([
    ['pve.guest.cloudInitSettings', { cipassword: 'x7' }],
    ['pve.guest.cloudInitSettings', { ipconfig0: 'ip=192.0.2.9/24' }],
    ['pve.agent.exec', { inputData: 'x7' }],
    ['pve.agent.writeFile', { content: 'x7' }],
    ['pve.guest.createContainer', { sshKey: 'ssh-ed25519 AAAA' }],
  ])('holds a secret of its own: %s %o', (id, secret) => {
    expect(onlyNow(action(id), { node: 'atlas-1', vmid: 110, ...secret })).toContain('secret');
    const items = { items: [{ node: 'atlas-1' }, { node: 'atlas-1', ...secret }], goOn: true };
    expect(onlyNow(action(id), items)).toContain('secret');
    const empty = Object.fromEntries(Object.keys(secret).map((key) => [key, null]));
    expect(onlyNow(action(id), { node: 'atlas-1', vmid: 110, ...empty })).toBeNull();
  });

  it('is whatever the audit would take out of free text, and too much of anything', () => {
    const plain = action('pve.backup.notes');
    expect(onlyNow(plain, { notes: 'before the upgrade' })).toBeNull();
    expect(onlyNow(plain, { notes: 'password: hunter2' })).toContain('secret');
    expect(onlyNow(plain, { notes: 'x'.repeat(300_000) })).toContain('too long');
  });

  it('never lets a secret pass, however deep it stands', () => {
    const word = fc.stringMatching(/^[a-z]{3,12}$/);
    const secretName = fc.constantFrom(
      'password',
      'cipassword',
      'token',
      'apiKey',
      'private-key',
      'ipconfig3',
    );
    const secret = fc.stringMatching(/^[A-Za-z0-9]{6,20}$/);
    const wrap = fc.constantFrom(
      (inner: unknown) => ({ settings: inner }),
      (inner: unknown) => [inner],
      (inner: unknown) => ({ items: [{ name: 'a' }, inner], goOn: false }),
    );
    fc.assert(
      fc.property(secretName, secret, word, fc.array(wrap, { maxLength: 5 }), (name, value, other, wraps) => {
        const input = wraps.reduce<unknown>((inner, make) => make(inner), {
          [name]: value,
          [other]: 'plain',
        });
        expect(onlyNow(action('zfs.snapshot.create'), input)).not.toBeNull();
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        const staged = onlyNow(action('zfs.snapshot.create'), { text }) === null;
        if (staged) expect(redactText(text)).toBe(text);
      }),
    );
  });

  it('is taken out of the words of a plan too, should one ever stand there', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9]{6,20}$/), (value) => {
        const leak = `password=${value}`;
        const kept = JSON.stringify(
          shownThen({
            risk: 'safe',
            target: { kind: 'x', name: 'x' },
            steps: [
              {
                kind: 'ssh',
                title: leak,
                argv: ['x'],
                commandLine: leak,
                explain: '',
                acceptExitCodes: [0],
                timeoutSeconds: 1,
              },
            ],
            consequences: [{ severity: 'info', text: leak, items: [{ name: leak, sizeBytes: null }] }],
            blockers: [{ text: leak, remedy: leak }],
            undo: leak,
          }),
        );
        expect(kept.replaceAll('password=[removed]', '')).not.toContain(`password=${value}`);
      }),
    );
  });

  it('says so of every name that the client of the API takes for a secret', () => {
    for (const name of ['password', 'tokenSecret', 'sshkeys', 'ticket']) {
      expect(isSecretName(name), name).toBe(true);
      expect(onlyNow(action('zfs.snapshot.create'), { [name]: 'value7' }), name).not.toBeNull();
    }
  });
});

describe('on a cluster', () => {
  let world: ClusterCore;
  beforeAll(async () => {
    world = await startClusterCore();
    await world.refresh();
  });
  afterAll(() => world.close());

  const guest = { type: 'qemu', node: 'atlas-1', vmid: 100 };

  it('a plan with a password says why it cannot be staged, and nothing of it comes to the disk', async () => {
    const password = 'correct7horse';
    const settings = {
      ...{ type: 'qemu', node: 'atlas-2', vmid: 111, ciuser: 'operator' },
      ...{ nameserver: null, searchdomain: null, cipassword: null, sshkeys: null, remove: [] },
    };
    const harmless = await world.core.plan(atlas, 'pve.guest.cloudInitSettings', settings);
    expect(harmless.onlyNow).toBeUndefined();
    const plan = await world.core.plan(atlas, 'pve.guest.cloudInitSettings', {
      ...settings,
      cipassword: password,
    });
    expect(plan.onlyNow).toContain('secret');
    expect(await world.core.failure('changes:stage', { planId: plan.id, note: '' })).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('secret') as string,
    });
    expect((await world.core.call('changes:list', {})).changes).toEqual([]);
    const file = new Database(join(world.core.dataDirectory, 'app.sqlite'));
    file.pragma('wal_checkpoint(TRUNCATE)');
    file.close();
    expect(readFileSync(join(world.core.dataDirectory, 'app.sqlite')).includes(password)).toBe(false);
  });

  it('a note with a secret is kept without it', async () => {
    const plan = await world.core.plan(atlas, 'pve.guest.start', { ...guest, vmid: 110 });
    expect(plan.onlyNow).toBeUndefined();
    const { change } = await world.core.call('changes:stage', {
      planId: plan.id,
      note: 'ask for password: hunter2',
    });
    expect(change.note).toBe('ask for password: [removed]');
    expect(change).toMatchObject({ hostKind: 'cluster', hostName: 'atlas' });
    await world.core.call('changes:discard', { changeId: change.id });
  });

  it('changes of a sequence are each planned on what the one before left', async () => {
    const stage = async (id: string, input: Record<string, unknown>) => {
      const plan = await world.core.plan(atlas, id, input);
      return (await world.core.call('changes:stage', { planId: plan.id, note: '' })).change;
    };
    const stop = await stage('pve.guest.stop', guest);
    // It runs, so this one is blocked as it stands; after the first it is not.
    const start = await stage('pve.guest.start', guest);
    const { shown } = await world.core.call('changes:read', { changeId: start.id });
    expect(shown.blockers).toHaveLength(1);
    for (const { id } of [stop, start]) {
      const plan = await world.core.call('changes:plan', { changeId: id });
      expect(plan.blockers).toEqual([]);
      expect((await world.core.run(plan)).outcome).toBe('ok');
    }
    const { changes } = await world.core.call('changes:list', {});
    expect(changes.slice(0, 2).map(({ state }) => state)).toEqual(['applied', 'applied']);
  });
});
