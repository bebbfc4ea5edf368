import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkPermissions, permissionExceptions, permissionsSchema } from './permissions';

const capture = (name: string) =>
  permissionsSchema.parse(
    (
      JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures', `${name}.json`), 'utf8')) as {
        data: unknown;
      }
    ).data,
  );
const missing = (name: string, level: Parameters<typeof checkPermissions>[1]) =>
  checkPermissions(capture(name), level)
    .filter(({ held }) => !held)
    .map(({ path, privilege }) => `${path} ${privilege}`);

describe('the permissions of a real token', () => {
  it('are all there for one of an administrator', () => {
    expect(missing('access-permissions', 'administer')).toEqual([]);
  });

  it('are none for a separate token without a role of its own', () => {
    expect(missing('sep-permissions', 'view')).toEqual([
      '/ Sys.Audit',
      '/vms VM.Audit',
      '/storage Datastore.Audit',
      '/sdn SDN.Audit',
      '/pool Pool.Audit',
      '/ Sys.Syslog',
    ]);
  });

  it('of one guest are not those of all', () => {
    expect(missing('bob-permissions', 'operate')).toContain('/vms VM.PowerMgmt');
  });
});

describe('what decides', () => {
  const root = { 'Sys.Audit': true, 'VM.Audit': true, 'Datastore.Audit': true };

  it('is the nearest path that says anything, and above it only what holds further down', () => {
    const check = (permissions: Parameters<typeof checkPermissions>[0]) =>
      checkPermissions(permissions, 'view')
        .slice(0, 3)
        .map(({ held }) => held);
    expect(check({ '/': root })).toEqual([true, true, true]);
    expect(check({ '/': { ...root, 'VM.Audit': false } })).toEqual([true, false, true]);
    expect(check({ '/': root, '/vms': {} })).toEqual([true, false, true]);
    expect(check({})).toEqual([false, false, false]);
  });

  it('VM.Snapshot allows rolling back too', () => {
    const held = (privilege: string) =>
      checkPermissions({ '/vms': { [privilege]: true } }, 'administer').find(
        (need) => need.privilege === 'VM.Snapshot.Rollback',
      )?.held;
    expect([held('VM.Snapshot'), held('VM.Snapshot.Rollback'), held('VM.Audit')]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('single guests with less are named', () => {
    expect(
      permissionExceptions(
        { '/': root, '/vms': { 'VM.Audit': true, 'VM.PowerMgmt': true }, '/vms/190': { 'VM.Audit': true } },
        'operate',
      ),
    ).toEqual([{ path: '/vms/190', missing: ['VM.PowerMgmt'] }]);
  });
});

describe('who lacks a privilege', () => {
  const all = { 'Sys.Audit': true, 'VM.Audit': true, 'Datastore.Audit': true };
  const lacking = (of: Parameters<typeof checkPermissions>[2]) =>
    checkPermissions({ '/': { 'Sys.Audit': true } }, 'view', of)
      .slice(0, 3)
      .map(({ lackedBy }) => lackedBy);

  it('is the token where its user has it, and the user where it has not', () => {
    expect(lacking({ kind: 'token', user: { '/': all } })).toEqual([null, 'token', 'token']);
    expect(lacking({ kind: 'token', user: { '/': { ...all, 'VM.Audit': false } } })).toEqual([
      null,
      'user',
      'token',
    ]);
    expect(lacking({ kind: 'token', user: {} })).toEqual([null, 'user', 'user']);
  });

  it('is not told where the API does not tell it, and is the user who comes with a password', () => {
    expect(lacking({ kind: 'token', user: null })).toEqual([null, null, null]);
    expect(lacking({ kind: 'password' })).toEqual([null, 'user', 'user']);
  });
});
