import type { Duplex } from 'node:stream';
import { AppError } from '../errors/app-error';
import { connect, type Connection, type ConnectionOptions } from './connection';

/** A hop decides about its host key and logs in by itself; only the stream to it comes from the hop before. */
export type Hop = Omit<ConnectionOptions, 'stream'>;

type Destination = Pick<Hop, 'timeoutSeconds' | 'signal'> & {
  target: Pick<Hop['target'], 'name' | 'address' | 'port'>;
};

/** A jump host may take minutes to give up on an address that does not answer. */
function tunnel({ client }: Connection, from: Hop, to: Destination): Promise<Duplex> {
  const { address, port, name } = to.target;
  return new Promise((resolve, reject) => {
    let late = false;
    const give = (error: AppError): void => {
      late = true;
      clearTimeout(timer);
      to.signal?.removeEventListener('abort', onAbort);
      reject(error);
    };
    const onAbort = (): void => give(new AppError('cancelled', 'Cancelled.'));
    const timer = setTimeout(
      () =>
        give(
          new AppError(
            'unreachable',
            `${from.target.name} did not reach ${name} (${address}, port ${port}) for us within ${to.timeoutSeconds} seconds.`,
          ),
        ),
      to.timeoutSeconds * 1000,
    );
    to.signal?.addEventListener('abort', onAbort, { once: true });
    if (to.signal?.aborted === true) {
      onAbort();
      return;
    }
    client.forwardOut('127.0.0.1', 0, address, port, (error, stream) => {
      if (late) {
        stream?.destroy();
        return;
      }
      if (error !== undefined) {
        give(
          new AppError(
            'unreachable',
            `${from.target.name} could not reach ${name} (${address}, port ${port}) for us. It may forbid forwarding (AllowTcpForwarding).`,
            { cause: error, detail: error.message },
          ),
        );
        return;
      }
      clearTimeout(timer);
      to.signal?.removeEventListener('abort', onAbort);
      resolve(stream);
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

/**
 * Does `work` over a stream from the last hop to `to`, without any login there; the hops are left again afterwards.
 * @throws AppError as `connectThrough` does
 */
export async function reachThrough<T>(
  hops: readonly [Hop, ...Hop[]],
  to: Destination,
  work: (stream: Duplex) => Promise<T>,
): Promise<T> {
  const connection = await connectThrough(hops);
  try {
    return await work(await tunnel(connection, hops.at(-1) ?? hops[0], to));
  } finally {
    await connection.close();
  }
}
