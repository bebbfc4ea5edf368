import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostInventory } from '../../../../../src-preload/contract/inventory';
import type { SubjectRef } from '../../../../../src-preload/contract/offers';
import type { Offer } from '../../../../../src-preload/contract/operations';
import { createCore } from '../../../create-core';
import { startTestCore, type TestCore } from '../../../testing/test-core';
import { actions } from '../index';
import { commandsOf } from '../../../testing/commands-of';

/** What the screens are offered on the demo host raid-05, read by the whole core over SSH. */
describe('offers for software RAID', () => {
  const hostId = 'demo-raid';
  let data: string;
  let core: TestCore;
  let inventory: HostInventory;

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'holdfast-raid-'));
    core = await startTestCore({ dataDirectory: data, demo: true, start: createCore });
    inventory = await core.call('inventory:refresh', { hostId });
  });
  afterAll(async () => {
    await core.close();
    rmSync(data, { recursive: true, force: true });
  });

  async function offersOf(subject: SubjectRef): Promise<Map<string, Offer>> {
    const { offers } = await core.call('operations:offers', { hostId, subject });
    return new Map(
      offers.filter(({ action }) => action.startsWith('mdadm.')).map((each) => [each.action, each]),
    );
  }
  const pool = (name: string) => offersOf({ kind: 'pool', poolId: `mdadm:${name}` });
  const member = (array: string, name: string) =>
    offersOf({ kind: 'member', poolId: `mdadm:${array}`, name });
  const excuses = (offers: ReadonlyMap<string, Offer>) =>
    Object.fromEntries([...offers].map(([action, { excuse }]) => [action.replace('mdadm.', ''), excuse]));

  it('reads the disks of the host, so that there is something to choose', () => {
    expect(inventory.disksError).toBeNull();
    const eligible = inventory.disks?.filter(({ ineligible }) => ineligible.length === 0) ?? [];
    expect(eligible.map(({ path }) => path)).toEqual(['/dev/sdk', '/dev/sdl']);
  });

  it('creates an array from free disks of exactly five levels, by their by-id names', async () => {
    const offer = (await offersOf({ kind: 'host' })).get('mdadm.array.create');
    expect(offer).toMatchObject({ group: 'create', risk: 'destructive', excuse: null, input: {} });
    const level = offer?.fields.find(({ name }) => name === 'level');
    const devices = offer?.fields.find(({ name }) => name === 'devices');
    if (level?.kind !== 'choice' || devices?.kind !== 'pick') throw new Error('the form lacks a field');
    expect(level.options.map(({ value, excuse }) => [value, excuse])).toEqual([
      ['0', null],
      ['1', null],
      ['5', 'Needs 3 free disks.'],
      ['6', 'Needs 4 free disks.'],
      ['10', null],
    ]);
    expect(devices.min).toBe(2);
    expect(devices.value).toEqual([]);
    for (const { value, label, excuse } of devices.options) {
      expect(value).toMatch(/^\/dev\/disk\/by-id\/ata-/);
      expect(label).toMatch(/^sd[a-l] · [\d.]+ [GT]iB · \S+/);
      expect(excuse === null).toBe(/^sd[kl] /.test(label));
    }
    // The form's own answers make a plan, and nothing less than two disks does.
    const free = devices.options.filter(({ excuse }) => excuse === null).map(({ value }) => value);
    const answers = { array: '/dev/md2', level: '1', spares: [], bitmap: 'internal' };
    const plan = await core.plan(hostId, 'mdadm.array.create', { ...answers, devices: free });
    expect(plan.blockers).toEqual([]);
    expect(commandsOf(plan)[0]?.argv.slice(4, 11)).toEqual([
      '--create',
      '/dev/md2',
      '--level',
      '1',
      '--raid-devices',
      '2',
      '--bitmap=internal',
    ]);
    expect(plan.consequences.map(({ text }) => text).join(' ')).toContain('mdadm.conf');
    expect(() => actions['mdadm.array.create'].parse({ ...answers, devices: free.slice(0, 1) })).toThrow();
    for (const refused of ['4', 'linear', 'raid5', 'container', '']) {
      expect(() =>
        actions['mdadm.array.create'].parse({ ...answers, level: refused, devices: free }),
      ).toThrow();
    }
  });

  it.each([
    ['0', 2],
    ['1', 2],
    ['5', 3],
    ['6', 4],
    ['10', 2],
  ])('takes no RAID %s of fewer than %d disks', (level, fewest) => {
    const devices = Array.from({ length: 6 }, (_, index) => `/dev/vd${String.fromCharCode(98 + index)}`);
    const parse = (count: number) => () =>
      actions['mdadm.array.create'].parse({
        array: '/dev/md0',
        level,
        devices: devices.slice(0, count),
        spares: [],
        bitmap: 'internal',
      });
    expect(parse(fewest)).not.toThrow();
    expect(parse(fewest - 1)).toThrow();
  });

  it('takes no disk twice, and no spare for a RAID 0', () => {
    const input = { array: '/dev/md0', level: '0', devices: ['/dev/vdb', '/dev/vdc'], bitmap: 'none' };
    const parse = (more: object) => () => actions['mdadm.array.create'].parse({ ...input, ...more });
    expect(parse({ spares: [] })).not.toThrow();
    expect(parse({ spares: ['/dev/vdd'] })).toThrow();
    expect(parse({ level: '1', spares: ['/dev/vdc'] })).toThrow();
    expect(parse({ spares: [], devices: ['/dev/vdb', '/dev/vdb'] })).toThrow();
  });

  it.each(['/dev/md', '/dev/md1000', '/dev/md0p1', '/dev/md_data', 'md0', '/dev/md/0', '/dev/md0 '])(
    'takes no array called %s',
    (array) => {
      expect(() => actions['mdadm.array.check'].parse({ array })).toThrow();
    },
  );

  it('says why a checked array cannot be changed now, and offers to stop the check', async () => {
    expect(excuses(await pool('/dev/md0'))).toEqual({
      'array.bitmap': expect.stringContaining('busy: check ='),
      'array.check': expect.stringContaining('busy'),
      'array.grow': expect.stringContaining('busy'),
      'array.idle': null,
      'array.repair': expect.stringContaining('busy'),
      'array.resize': expect.stringContaining('busy'),
      'array.stop': null,
      'member.add': null,
    });
  });

  it('offers an array that did not start to be assembled, and nothing else', async () => {
    const offers = await pool('/dev/md127');
    const { 'array.assemble': assemble, 'array.stop': stop, ...others } = excuses(offers);
    expect([assemble, stop]).toEqual([null, null]);
    for (const excuse of Object.values(others)) expect(excuse).toContain('assemble it first');
    expect(offers.get('mdadm.array.assemble')?.input).toEqual({
      uuid: expect.stringMatching(/^[0-9a-f:]{35}$/),
    });
  });

  it('replaces the failed member of a mirror by a free disk that is large enough', async () => {
    const offers = await member('/dev/md1', '/dev/sdi');
    expect(excuses(offers)).toEqual({
      'member.fail': 'It is faulty already.',
      'member.remove': null,
      'member.replace': null,
    });
    const replace = offers.get('mdadm.member.replace');
    expect(replace?.input).toEqual({
      array: '/dev/md1',
      member: expect.stringMatching(/^\/dev\/disk\/by-id\/ata-INTEL/),
    });
    const field = replace?.fields.find(({ name }) => name === 'newDisk');
    if (field?.kind !== 'choice') throw new Error('no choice of disks');
    expect(field.options.some(({ value }) => value === replace?.input['member'])).toBe(false);
    expect(field.options.find(({ value }) => value === field.value)?.label).toMatch(/^sdk /);
  });

  it('fills the empty place, and spares the member that is left', async () => {
    expect((await member('/dev/md1', 'slot 1')).get('mdadm.member.replace')).toMatchObject({
      label: 'Fill this place…',
      excuse: null,
      input: { array: '/dev/md1', member: null },
    });
    const last = await member('/dev/md1', '/dev/sdh');
    expect(excuses(last)).toMatchObject({
      'member.remove': expect.stringContaining('at work'),
      'member.replace': expect.stringContaining('empty place'),
    });
    const plan = await core.plan(hostId, 'mdadm.member.fail', last.get('mdadm.member.fail')?.input ?? {});
    expect(plan.blockers[0]?.text).toContain('/dev/md1 cannot do without /dev/sdh');
  });

  it('has no snapshots of arrays', async () => {
    const backend = inventory.backends.find(({ kind }) => kind === 'mdadm');
    expect(backend?.capabilities).toEqual({ snapshots: false, rollback: 'none', snapshotNeedsSize: false });
    const groups = [...(await pool('/dev/md0')).values()].map(({ group }) => group);
    expect(groups).not.toContain('snapshot');
  });
});
