import type { Host } from '../../../../src-preload/contract/hosts';
import type { PinnedKey } from '../host-key';
import type { ExecRequest } from '../types';
import type { TestKey, TestServer } from './ssh-server';

/** The record of a test server, as the host store would hold it. */
export function hostOf(server: Pick<TestServer, 'port' | 'user'>, change: Partial<Host> = {}): Host {
  return {
    id: 'box-1',
    name: 'box',
    address: '127.0.0.1',
    port: server.port,
    user: server.user,
    auth: { kind: 'password' },
    sudo: false,
    environment: { label: 'Test', colour: 'teal', production: false },
    accessLevel: 'administer',
    demo: false,
    createdAtMs: 0,
    ...change,
  };
}

export function pinOf({ described, publicKey }: TestKey, revoked = false): PinnedKey {
  return { key: described, publicKeyBase64: publicKey.toString('base64'), revoked };
}

export function read(argv: readonly string[], change: Partial<ExecRequest> = {}): ExecRequest {
  return {
    operation: 'read it',
    argv,
    privileged: false,
    acceptExitCodes: [0],
    timeoutSeconds: 20,
    maxOutputBytes: 1024 * 1024,
    mutates: false,
    ...change,
  };
}
