import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from './config';
import { machinePlace, readPolicies, type PolicyPlace } from './machine-policy';

const body = { version: 1, rules: [{ address: '*.prod.example.org', most: 'view' }] };
let folder: string;
let place: PolicyPlace;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'holdfast-policy-')), 'etc');
  mkdirSync(folder, { mode: 0o755 });
  place = { path: join(folder, 'policy.json'), ownerUid: process.getuid?.() ?? null };
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));
const write = (text: string, name = 'policy.json', mode = 0o644) => {
  writeFileSync(join(folder, name), text);
  chmodSync(join(folder, name), mode);
};

describe('the policy of this computer', () => {
  it('lies where only its administrator writes', () => {
    expect(machinePlace('linux')).toEqual({ path: '/etc/holdfast/policy.json', ownerUid: 0 });
    expect(machinePlace('darwin').ownerUid).toBe(0);
    expect(machinePlace('win32').path).toBe('C:\\ProgramData\\Holdfast\\policy.json');
    expect(machinePlace('aix').path).toBeNull();
  });

  it('is none where there is none', () => {
    expect(readPolicies({}, place)).toEqual([]);
    expect(readPolicies({}, { path: join(folder, 'no', 'policy.json'), ownerUid: 0 })).toEqual([]);
    expect(readPolicies({}, { path: null, ownerUid: null })).toEqual([]);
  });

  it('is read, and one that a variable names stands beside it', () => {
    write(JSON.stringify(body));
    write(JSON.stringify({ version: 1, rules: [], otherwise: 'view' }), 'own.json', 0o666);
    const loaded = readPolicies({ HOLDFAST_POLICY: join(folder, 'own.json') }, place);
    expect(loaded.map(({ path, policy }) => [path, policy.otherwise, policy.rules.length])).toEqual([
      [place.path, 'administer', 1],
      [join(folder, 'own.json'), 'view', 0],
    ]);
  });

  const bad = (name: string, prepare: () => NodeJS.ProcessEnv, words: RegExp) =>
    it(`keeps Holdfast from starting: ${name}`, () => {
      const environment = prepare();
      expect(() => readPolicies(environment, place)).toThrow(ConfigError);
      expect(() => readPolicies(environment, place)).toThrow(words);
    });
  const there = (text: string, mode?: number) => () => {
    write(text, 'policy.json', mode);
    return {};
  };
  bad('no JSON', there('{'), /is not JSON/);
  bad('an unknown key', there('{"version":1,"rules":[],"rulez":[]}'), /rulez/);
  bad('one that is too large', there(`${JSON.stringify(body)}${' '.repeat(1024 * 1024)}`), /larger/);
  bad('a variable that names nothing', () => ({ HOLDFAST_POLICY: join(folder, 'gone') }), /is not there/);

  describe.skipIf(process.platform === 'win32')('on a system with owners', () => {
    bad('others may write the file', there(JSON.stringify(body), 0o664), /nobody else may write/);
    bad(
      'others may write the folder',
      () => {
        write(JSON.stringify(body));
        chmodSync(folder, 0o777);
        return {};
      },
      /nobody else may write/,
    );
    bad(
      'it belongs to somebody else',
      () => {
        write(JSON.stringify(body));
        place = { ...place, ownerUid: (place.ownerUid ?? 0) + 1 };
        return {};
      },
      /has to belong to/,
    );
  });
});
