import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { SshSessionPool } from '../ssh/session-pool';
import { hostOf, pinOf, read } from '../ssh/testing/fake-host';
import { startSshServer } from '../ssh/testing/ssh-server';
import type { Probe } from './backend';
import { runProbe } from './read-inventory';
import { SnapshotNameReader } from './zfs/snapshot-reader';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const rowCount = 5_000;
const rows = Array.from(
  { length: rowCount },
  (_, index) => `tank/data@s${index}\t${index + 7}\t${index + 1}\n`,
);
const listing = rows.join('');

/** Stands for the listing: the server answers it itself, so that it can break off where the test says. */
const namesProbe: Probe = {
  id: 'names',
  argv: ['printf', 'names'],
  privileged: false,
  acceptExitCodes: [0],
  timeoutSeconds: 20,
  maxOutputBytes: 16 * 1024 * 1024,
  reader: () => new SnapshotNameReader(),
};

/** A host whose connection is cut in the middle of a listing, `losses` times. */
async function losingHost(losses: number) {
  let begun = 0;
  const server = await startSshServer({
    onExec: (command, channel) => {
      if (!command.includes('names')) return false;
      begun += 1;
      if (begun > losses) {
        channel.write(listing);
        channel.exit(0);
        channel.end();
        return true;
      }
      // Half of the rows, the last of them in its middle.
      channel.write(listing.slice(0, listing.length / 2 + 5), () => setTimeout(() => server.drop(), 100));
      return true;
    },
  });
  const pool = new SshSessionPool({
    permits: () => true,
    pinnedKeys: () => server.hostKeys.map((key) => pinOf(key)),
    knownHostsPath: join(tmpdir(), 'holdfast-no-such-known-hosts'),
    login: () => Promise.resolve({ kind: 'password', password: server.password }),
    onState: () => undefined,
  });
  closers.push(
    () => server.close(),
    () => pool.close(),
  );
  const session = await pool.session(hostOf(server));
  expect((await session.exec(read(['echo', 'ready']))).stdout).toBe('ready\n');
  return { server, session, begun: () => begun };
}

describe('a listing that is read while it comes in', () => {
  it('is begun anew when the connection is lost in its middle: each row once', async () => {
    const { session, server, begun } = await losingHost(1);
    const outcome = await runProbe(session, namesProbe, undefined);
    if (!outcome.ok || !(outcome.reader instanceof SnapshotNameReader)) throw new Error('It was not read.');
    const snapshots = outcome.reader.end();
    expect(snapshots).toHaveLength(rowCount);
    expect(new Set(snapshots.map(({ fullName }) => fullName)).size).toBe(rowCount);
    expect(begun()).toBe(2);
    expect(server.connections.made).toBe(2);
  });

  it('is an error when it is lost again: half of it is never a whole', async () => {
    const { session, begun } = await losingHost(9);
    const outcome = await runProbe(session, namesProbe, undefined);
    expect(outcome).toMatchObject({ ok: false, error: { code: 'unreachable' } });
    expect(begun()).toBe(2);
  });
});
