import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type Connection } from 'ssh2';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../errors/app-error';
import type { Login } from './connection';
import type { PinnedKey } from './host-key';
import { SshSessionPool } from './session-pool';
import { hostOf, pinOf } from './testing/fake-host';
import { makeKey } from './testing/ssh-server';

interface PacketReader {
  read(payload: Buffer): Buffer;
}

/** Every packet of a connection as the host sees it: decrypted, from the first one on. */
function record(connection: Connection, packets: Buffer[]): void {
  const { _packetRW: both } = (connection as unknown as { _protocol: { _packetRW: { read: PacketReader } } })
    ._protocol;
  const watch = (reader: PacketReader): PacketReader => {
    const read = reader.read.bind(reader);
    reader.read = (payload) => {
      const packet = read(payload);
      packets.push(Buffer.from(packet));
      return packet;
    };
    return reader;
  };
  let reader = watch(both.read);
  // ssh2 takes a new reader once the keys are exchanged.
  Object.defineProperty(both, 'read', {
    get: () => reader,
    set: (next: PacketReader) => (reader = watch(next)),
  });
}

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const hostKey = makeKey();
const ownKey = makeKey();
const password = 'correct horse battery staple';
const user = 'mara-the-admin';

async function curiousHost(): Promise<{ port: number; packets: Buffer[] }> {
  const packets: Buffer[] = [];
  const server = new ssh2.Server({ hostKeys: [hostKey.privateKey] }, (connection) => {
    record(connection, packets);
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => {
      // Asks for all it can get and lets nobody in.
      if (context.method === 'keyboard-interactive') {
        context.prompt([{ prompt: 'Password: ', echo: false }], () => context.reject());
      } else context.reject(['password', 'publickey', 'keyboard-interactive']);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return { port: (server.address() as AddressInfo).port, packets };
}

const logins: Record<string, Login> = {
  password: { kind: 'password', password },
  key: { kind: 'key', privateKey: Buffer.from(ownKey.privateKey), passphrase: null },
};
const revokedLine = `@revoked * ${hostKey.described.type} ${hostKey.publicKey.toString('base64')}\n`;
const cases: [what: string, reason: string, pins: PinnedKey[], knownHosts: string][] = [
  ['unknown', 'unknown', [], ''],
  ['changed', 'changed', [pinOf(makeKey())], ''],
  ['changed to another type', 'changed', [pinOf(makeKey('rsa'))], ''],
  ['revoked by us', 'revoked', [pinOf(hostKey, true)], ''],
  ['revoked in known_hosts, though pinned', 'revoked', [pinOf(hostKey)], revokedLine],
];

async function tryToConnect(pins: PinnedKey[], knownHosts: string, login: Login) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-curious-'));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  const knownHostsPath = join(folder, 'known_hosts');
  writeFileSync(knownHostsPath, knownHosts);
  const { port, packets } = await curiousHost();
  let asked = 0;
  const pool = new SshSessionPool({
    permits: () => true,
    pinnedKeys: () => pins,
    knownHostsPath,
    login: async () => {
      asked += 1;
      return login;
    },
  });
  closers.push(() => pool.close());
  const error: unknown = await pool.session(hostOf({ port, user })).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AppError)) throw new Error('It should have failed.', { cause: error });
  return { error, asked, packets };
}

/** DISCONNECT, IGNORE, DEBUG, EXT_INFO, KEXINIT, NEWKEYS and the key exchange's own (RFC 4253, 12; RFC 8308). */
const beforeLogin = (type: number): boolean =>
  [1, 2, 4, 7, 20, 21].includes(type) || (type >= 30 && type <= 49);
/** What belongs to this person: nothing of it may be in what the host has read. */
const own = [password, user, ownKey.publicKey];
const seen = (packets: readonly Buffer[]) => own.filter((some) => Buffer.concat(packets).includes(some));

describe.each(Object.entries(logins))('before the host key is accepted, of a login by %s', (_kind, login) => {
  it.each(cases)('a host whose key is %s gets nothing', async (_what, reason, pins, knownHosts) => {
    const { error, asked, packets } = await tryToConnect(pins, knownHosts, login);
    expect(error).toMatchObject({ code: 'untrusted-host', hostKey: { reason } });
    // Time for anything that might still be on its way.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(asked).toBe(0);
    expect(packets.length).toBeGreaterThanOrEqual(2);
    expect(packets.map((packet) => packet[0] ?? 0).filter((type) => !beforeLogin(type))).toEqual([]);
    expect(seen(packets)).toEqual([]);
  });

  it('the same host reads it all once its key is pinned, so that the recorder is proved', async () => {
    const { error, asked, packets } = await tryToConnect([pinOf(hostKey)], '', login);
    expect(error.code).toBe('unauthorized');
    expect(asked).toBe(1);
    const secret = login.kind === 'password' ? password : ownKey.publicKey;
    expect(seen(packets)).toEqual(own.filter((some) => some === user || some === secret));
  });
});
