import { describe, expect, it } from 'vitest';
import { isSecretName, maskSecrets, withoutTickets } from './secret-names';

describe('a name of a secret', () => {
  it.each([
    'password',
    'cipassword',
    'clientSecret',
    'client-secret',
    'client_secret',
    'apiToken',
    'API-Token',
    'accessKey',
    'CSRFPreventionToken',
    'sshkeys',
    'ssh-public-keys',
    'target-endpoint',
    'encryption-key',
    'ipconfig0',
    'ipconfig31',
    'smtpPassword',
    'eab-hmac-key',
  ])('%s is known in every spelling', (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  it.each([
    'key',
    'digest',
    'fingerprint',
    'pem',
    'tokenid',
    'name',
    'ipconfig',
    'keyboard',
    'passthrough',
    'upid',
  ])('%s is none', (name) => {
    expect(isSecretName(name)).toBe(false);
  });
});

describe('an answer', () => {
  it('leaves with its secrets masked, at every depth and in rows of key and value', () => {
    const answer = {
      name: 'web',
      cipassword: 'hunter2',
      ipconfig0: 'ip=192.0.2.7/24,gw=192.0.2.1',
      storage: [{ storage: 'pbs', 'encryption-key': 'AAAA', username: 'backup@pbs' }],
      nested: { deep: { apiToken: 'x', secret: { id: 7 } } },
      rows: [
        { key: 'sshkeys', value: 'ssh-ed25519 AAAA', pending: 'ssh-ed25519 BBBB' },
        { key: 'memory', value: 'password' },
      ],
    };
    expect(maskSecrets(answer)).toEqual({
      name: 'web',
      cipassword: '***',
      ipconfig0: '***',
      storage: [{ storage: 'pbs', 'encryption-key': '***', username: 'backup@pbs' }],
      nested: { deep: { apiToken: '***', secret: '***' } },
      rows: [
        { key: 'sshkeys', value: '***', pending: '***' },
        { key: 'memory', value: 'password' },
      ],
    });
  });

  it('says that there is no secret, or that there may be one', () => {
    expect(maskSecrets({ password: '', token: null, tfa: 1, secret: false, otp: 123456 })).toEqual({
      password: '',
      token: null,
      tfa: 1,
      secret: false,
      otp: '***',
    });
  });

  it('shows what a read is about, and nothing else', () => {
    const answer = { ipconfig0: 'ip=dhcp', cipassword: 'x' };
    expect(maskSecrets(answer, new Set(['ipconfig0']))).toEqual({ ipconfig0: 'ip=dhcp', cipassword: '***' });
  });

  it('is not looked into below 16 levels: what is there is masked whole', () => {
    const nest = (levels: number): unknown => (levels === 0 ? { name: 'x' } : { inner: nest(levels - 1) });
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null && 'inner' in value ? 1 + depthOf(value.inner) : 0;
    expect(JSON.stringify(maskSecrets(nest(15)))).toContain('"name":"x"');
    const deeper = maskSecrets(nest(16));
    expect(JSON.stringify(deeper)).not.toContain('"name"');
    expect(JSON.stringify(deeper)).toContain('"***"');
    expect(depthOf(deeper)).toBe(16);
  });
});

it.each([
  ['no ticket PVE:root@pam:6B03::a+b/c== here', 'no ticket (ticket) here'],
  ['PVEAPIToken=a@pve!b=1111-2222 is wrong', 'PVEAPIToken=(secret) is wrong'],
  ['PVEVNC:6B0::xyz, and PVE:!tfa!%7B%7D:6B0::s', '(ticket), and (ticket)'],
  ['see https://pve1:8006/api2?x=y for more', 'see (address) for more'],
  ['CSRF in PVEAuthCookie=PVE%3Aroot', 'CSRF in (ticket)'],
  ["Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist", null],
  ['Proxmox VE: no quorum', null],
])('tickets and addresses are taken out of %j', (text, clean) => {
  expect(withoutTickets(text)).toBe(clean ?? text);
});
