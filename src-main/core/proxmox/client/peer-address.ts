import { lookup as lookUp, type LookupAddress, type LookupOptions } from 'node:dns';
import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net';

/** An address that no node of a cluster can have. Nothing was sent. */
export class RefusedAddress extends Error {
  constructor(
    readonly address: string,
    readonly why: string,
  ) {
    super(`${address} is ${why}.`);
  }
}

/** IANA special-purpose registries (RFC 6890); the last of each are metadata services of clouds that are not link-local. */
const ranges: readonly { why: string; subnets: readonly [string, number][] }[] = [
  {
    why: 'an address of a metadata service',
    subnets: [
      ['169.254.169.254', 32],
      ['169.254.170.2', 32],
      ['100.100.100.200', 32],
      ['192.0.0.192', 32],
      ['fd00:ec2::254', 128],
    ],
  },
  {
    why: 'link-local',
    subnets: [
      ['169.254.0.0', 16],
      ['fe80::', 10],
    ],
  },
  {
    why: 'unspecified',
    subnets: [
      ['0.0.0.0', 8],
      ['::', 128],
    ],
  },
  {
    why: 'a multicast address',
    subnets: [
      ['224.0.0.0', 4],
      ['ff00::', 8],
    ],
  },
  { why: 'reserved', subnets: [['240.0.0.0', 4]] },
];

function listOf(subnets: readonly [string, number][]): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of subnets) list.addSubnet(net, prefix, isIPv6(net) ? 'ipv6' : 'ipv4');
  return list;
}

const refused = ranges.map(({ why, subnets }) => ({ why, list: listOf(subnets) }));
const loopback = {
  why: 'this computer itself',
  list: listOf([
    ['127.0.0.0', 8],
    ['::1', 128],
  ]),
};

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4');

/** `::ffff:7f00:1` and `64:ff9b::7f00:1` lead to 127.0.0.1. */
function embedded(address: string): string {
  if (!isIPv6(address)) return address;
  const whole = new URL(`http://[${address.replace(/%.*$/, '')}]/`).hostname.slice(1, -1);
  const [, high, low] = /^(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(whole) ?? [];
  if (high === undefined || low === undefined) return address.replace(/%.*$/, '');
  const [left, right] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [left >> 8, left & 0xff, right >> 8, right & 0xff].join('.');
}

/**
 * Why nobody is asked at an IP address; null: nothing speaks against it. Private networks are where clusters are.
 *
 * @param allowLoopback for the embedded demo clusters only
 */
export function refusalOfAddress(address: string, allowLoopback: boolean): string | null {
  const bare = embedded(address);
  const family = familyOf(bare);
  const found = [...refused, ...(allowLoopback ? [] : [loopback])].find(({ list }) =>
    list.check(bare, family),
  );
  return found?.why ?? null;
}

/** Throws RefusedAddress. Names are judged when they are looked up. */
export function checkLiteral(address: string, allowLoopback: boolean): void {
  const bare = address.replace(/^\[|\]$/g, '');
  if (isIP(bare.replace(/%.*$/, '')) === 0) return;
  const why = refusalOfAddress(bare, allowLoopback);
  if (why !== null) throw new RefusedAddress(bare, why);
}

/**
 * Looks up a name for one connection and refuses it when any of its addresses is one that nobody is asked at.
 *
 * SECURITY: what was judged is what is connected to: a name that leads elsewhere the next time is judged anew.
 */
export function guardedLookup(
  allowLoopback: boolean,
  resolve: (
    name: string,
    options: LookupOptions & { all: true },
    done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
  ) => void = lookUp,
): LookupFunction {
  return (name, options, callback) => {
    resolve(name, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '', 4);
      for (const { address } of addresses) {
        const why = refusalOfAddress(address, allowLoopback);
        if (why !== null) return callback(new RefusedAddress(address, why), '', 4);
      }
      if (options.all === true) return callback(null, addresses);
      const [first] = addresses;
      if (first === undefined) return callback(Object.assign(new Error(name), { code: 'ENOTFOUND' }), '', 4);
      return callback(null, first.address, first.family);
    });
  };
}
