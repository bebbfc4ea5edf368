import { z } from 'zod';
import {
  environmentSchema,
  hostNameSchema,
  mostListedHosts,
  type Host,
} from '../../../src-preload/contract/hosts';
import { addressSchema, portSchema, userNameSchema } from '../../../src-preload/contract/primitives';
import { readJson } from '../files/read-json';

/**
 * One host in the file. SECURITY: no secret, no path of a key file (it says where keys lie on someone's laptop), no
 * pinned key and no access level: what a laptop trusts and may do is decided on that laptop.
 */
const listedHostSchema = z.strictObject({
  name: hostNameSchema,
  address: addressSchema,
  port: portSchema,
  user: userNameSchema,
  login: z.enum(['agent', 'key-file', 'password']),
  sudo: z.boolean(),
  environment: environmentSchema,
  /** Name of the jump host. */
  via: hostNameSchema.optional(),
});
export type ListedHost = z.infer<typeof listedHostSchema>;

const hostListSchema = z.strictObject({
  format: z.literal('holdfast-hosts'),
  version: z.literal(1),
  hosts: z.array(listedHostSchema).min(1).max(mostListedHosts),
});

const largestBytes = 1024 * 1024;

/** @throws AppError `unexpected-output` when the file is not a host list, or anything more is in it */
export function readHostList(path: string): ListedHost[] {
  return readJson(path, 'a host list', hostListSchema, largestBytes).hosts;
}

export function listedHost(host: Host, nameOf: (hostId: string) => string | undefined): ListedHost {
  const via = host.via === undefined ? undefined : nameOf(host.via);
  const { label, colour, production } = host.environment;
  return {
    name: host.name,
    address: host.address,
    port: host.port,
    user: host.user,
    login: host.auth.kind,
    sudo: host.sudo,
    environment: { label, colour, production },
    ...(via === undefined ? {} : { via }),
  };
}

/** By name, so that a change of one host is a change of few lines under version control. */
export function hostListText(hosts: readonly Host[]): string {
  const nameOf = (hostId: string): string | undefined => hosts.find(({ id }) => id === hostId)?.name;
  const listed = hosts
    .map((host) => listedHost(host, nameOf))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return `${JSON.stringify({ format: 'holdfast-hosts', version: 1, hosts: listed }, null, 2)}\n`;
}
