import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../errors/app-error';
import { readSshConfig } from './ssh-config';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'holdfast-ssh-config-'));
  mkdirSync(join(home, '.ssh', 'config.d'), { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const put = (name: string, text: string): string => {
  const path = join(home, '.ssh', name);
  writeFileSync(path, text);
  return path;
};
const read = (text: string, known: string[] = []) => readSshConfig(put('config', text), new Set(known), home);
const byAlias = (text: string, known?: string[]) =>
  Object.fromEntries(read(text, known).hosts.map((host) => [host.alias, host]));

describe('the hosts of ~/.ssh/config', () => {
  it('are those it names, with what all matching blocks say of them: the first value wins, as for ssh', () => {
    put('id_work', 'x');
    const hosts = byAlias(`
# work
Host nas-01 nas-02
    HostName %h.example.net
    IdentityFile ~/.ssh/missing
    IdentityFile ~/.ssh/id_work
Host nas-02
    Port 2222
    User=backup
Host *.lab !bad.lab
    User nobody
host "with quotes"
  hostname 192.0.2.7
Host *
    User admin
    Port 22
`);
    expect(Object.keys(hosts)).toEqual(['nas-01', 'nas-02', 'with quotes']);
    expect(hosts['nas-01']).toEqual({
      alias: 'nas-01',
      address: 'nas-01.example.net',
      port: 22,
      user: 'admin',
      keyFile: join(home, '.ssh', 'id_work'),
      keyFilePath: join(home, '.ssh', 'id_work'),
      via: null,
      obstacle: null,
    });
    expect(hosts['nas-02']).toMatchObject({ port: 2222, user: 'backup', obstacle: null });
    expect(hosts['with quotes']).toMatchObject({ address: '192.0.2.7', user: 'admin' });
  });

  it('agree with what ssh -G says', () => {
    const path = put(
      'config',
      'Host a b\n  HostName %h.example.net\n  Port 2200\nHost b\n  User bee\n  Port 1\nHost *\n  User all\n',
    );
    for (const { alias, address, port, user } of readSshConfig(path, new Set(), home).hosts) {
      const said = execFileSync('ssh', ['-G', '-F', path, alias], { encoding: 'utf8' });
      expect(said).toContain(`\nhostname ${address}\n`);
      expect(said).toContain(`\nport ${port}\n`);
      expect(said).toContain(`user ${user}\n`);
    }
  });

  it('come from included files too, and a circle of them is refused', () => {
    put('config.d/10-lab', 'Host lab\n  HostName 192.0.2.9\n');
    put('config.d/20-more', 'Host more\n');
    const { hosts } = read('Include config.d/*\nHost own\n  User me\n');
    expect(hosts.map(({ alias, address }) => [alias, address])).toEqual([
      ['lab', '192.0.2.9'],
      ['more', 'more'],
      ['own', 'own'],
    ]);
    expect(hosts[0]?.user).toBe(userInfo().username);
    expect(() => read('Include config\n')).toThrow(/go round in circles/);
  });

  it('are read without running what the file names', () => {
    const mark = join(home, 'ran');
    const { hosts, notes } = read(
      `Match exec "touch ${mark}"\n  User evil\nHost a\n  CanonicalizeHostname yes\n  CanonicalDomains example.net\n`,
    );
    expect(hosts).toMatchObject([{ alias: 'a', address: 'a', obstacle: null }]);
    expect(hosts[0]?.user).not.toBe('evil');
    expect(existsSync(mark)).toBe(false);
    expect(notes).toEqual([expect.stringMatching(/^1 Match block is left out/)]);
  });

  it('know their jump hosts, and say which way Holdfast does not go', () => {
    const hosts = byAlias(
      `Host bastion
Host second
  ProxyJump bastion
Host inner
  ProxyJump bastion,second
Host listed
  ProxyJump office
Host none
  ProxyJump none
Host nowhere
  ProxyJump admin@gate.example.net:2222
Host twisted
  ProxyJump second,bastion
Host command
  ProxyCommand nc %h %p
`,
      ['office'],
    );
    expect(
      Object.values(hosts).map(({ alias, via, obstacle }) => [alias, via, obstacle?.slice(0, 24) ?? null]),
    ).toEqual([
      ['bastion', null, null],
      ['second', 'bastion', null],
      ['inner', 'second', null],
      ['listed', 'office', null],
      ['none', null, null],
      ['nowhere', null, 'Its jump host admin@gate'],
      ['twisted', null, 'It goes through second, '],
      ['command', null, 'It is reached by a Proxy'],
    ]);
  });

  it.each([
    ['Host -oProxyCommand\n', 'Its address can’t be used here.'],
    ['Host a\n  HostName "1 2"\n', 'Its address can’t be used here.'],
    ['Host a\n  Port 70000\n', 'Its port is no port.'],
    ['Host a\n  User -x\n', 'Its login name can’t be used here.'],
    ['Host known\n', 'A host or cluster of that name is in the list already.'],
  ])('can’t be added when %j', (text, obstacle) => {
    expect(read(text, ['known']).hosts).toMatchObject([{ obstacle }]);
  });

  it('are said not to be there, or too large, in a sentence', () => {
    const failure = (work: () => unknown): AppError => {
      try {
        work();
      } catch (error) {
        if (error instanceof AppError) return error;
      }
      throw new Error('It should have failed.');
    };
    expect(failure(() => readSshConfig(join(home, 'none'), new Set(), home))).toMatchObject({
      code: 'not-found',
    });
    expect(failure(() => read(`# ${'x'.repeat(1024 * 1024)}`))).toMatchObject({ code: 'invalid-request' });
  });
});
