import type { Duplex } from 'node:stream';
import { AppError } from '../errors/app-error';
import { connect, type Connection, type ConnectionOptions } from './connection';

/** A hop decides about its host key and logs in by itself; only the stream to it comes from the hop before. */
export type Hop = Omit<ConnectionOptions, 'stream'>;

function tunnel({ client }: Connection, from: Hop, to: Hop): Promise<Duplex> {
  const { address, port, name } = to.target;
  return new Promise((resolve, reject) => {
    client.forwardOut('127.0.0.1', 0, address, port, (error, stream) => {
      if (error === undefined) {
        resolve(stream);
        return;
      }
      reject(
        new AppError(
          'unreachable',
          `${from.target.name} could not reach ${name} (${address}, port ${port}) for us. It may forbid forwarding (AllowTcpForwarding).`,
          { cause: error, detail: error.message },
        ),
      );
    });
  });
}

/**
 * Connects to the last hop through all those before it, each under the same policy: its own pinned key, judged before
 * its own login is asked for. Closing the connection closes the hops as well; a lost hop loses what lies behind it.
 * @throws AppError as `connect` does, naming the hop concerned
 */
export async function connectThrough(hops: readonly [Hop, ...Hop[]]): Promise<Connection> {
  const made: Connection[] = [];
  const closeAll = async (): Promise<void> => {
    for (const connection of [...made].reverse()) await connection.close();
  };
  try {
    let last = await connect(hops[0]);
    made.push(last);
    for (const [index, hop] of hops.slice(1).entries()) {
      const before = hops[index] ?? hops[0];
      last = await connect({ ...hop, stream: await tunnel(last, before, hop) });
      made.push(last);
    }
    return { ...last, close: closeAll };
  } catch (thrown) {
    await closeAll();
    throw thrown;
  }
}
