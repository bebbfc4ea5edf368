import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../../src-preload/contract/clusters';
import { complaintsOf, initialValues, secretOf, settingsOf, type ClusterFormValues } from './cluster-form';

const cluster: Cluster = {
  id: 'atlas',
  name: 'atlas',
  endpoints: [{ address: '192.0.2.11', port: 8006 }],
  login: { kind: 'password', userId: 'anna@example.org@corp' },
  trust: 'pin',
  environment: { label: 'Lab', colour: 'blue', production: false },
  accessLevel: 'view',
  demo: false,
  createdAtMs: 1,
};
const certificate = {
  sha256: 'AA',
  subject: 'CN=ca',
  issuer: 'CN=ca',
  notBeforeMs: 0,
  notAfterMs: 1,
  names: [],
};
const filled: ClusterFormValues = {
  ...initialValues(null),
  name: ' atlas ',
  nodes: '192.0.2.11',
  tokenId: ' holdfast@pve!laptop ',
  secret: ' s ',
};

describe('the form of a cluster', () => {
  it('prefers a token and pinned certificates', () => {
    expect(settingsOf(filled)).toMatchObject({
      name: 'atlas',
      login: { kind: 'token', tokenId: 'holdfast@pve!laptop' },
      trust: 'pin',
    });
    expect(secretOf(filled)).toBe('s');
  });

  it('gives a record back as it was, also where the name holds an @', () => {
    expect(settingsOf(initialValues(cluster))).toEqual({
      name: 'atlas',
      endpoints: [{ address: '192.0.2.11', port: 8006 }],
      login: { kind: 'password', userId: 'anna@example.org@corp' },
      trust: 'pin',
      environment: { label: 'Lab', colour: 'blue', production: false },
      accessLevel: 'view',
    });
  });

  it('leaves a password as it was typed', () => {
    expect(secretOf({ ...filled, loginKind: 'password', secret: ' x ' })).toBe(' x ');
    expect(secretOf({ ...filled, secret: '' })).toBeNull();
  });

  it('is one way of trust: an authority only with its certificate', () => {
    expect(settingsOf({ ...filled, trust: 'authority' })).toBeNull();
    expect(settingsOf({ ...filled, trust: 'authority', authority: certificate })?.trust).toEqual({
      authority: 'AA',
    });
    expect(settingsOf({ ...filled, trust: 'system', authority: certificate })?.trust).toBe('system');
  });

  it('asks for the secret when there is none of that kind of login', () => {
    const { secret } = complaintsOf(cluster);
    expect(secret('', { ...filled, loginKind: 'password' })).toBeNull();
    expect(secret('', { ...filled, loginKind: 'token' })).toContain('shows it once');
    expect(complaintsOf(null).secret('', { ...filled, loginKind: 'password' })).toContain('first login');
  });
});
