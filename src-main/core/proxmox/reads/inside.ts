import { z } from 'zod';
import type { GuestType } from '../../../../src-preload/contract/clusters';
import type { GuestInside } from '../../../../src-preload/contract/inside';
import { toAppError } from '../../errors/app-error';
import type { ApiClient } from '../client/client';
import { apiPath } from '../client/path';
import { looseNumber, looseText, optionalNumber, optionalText } from '../loose';

/** Answers of the guest agent stand in `result` (QEMU guest agent, qapi/qga). */
const osSchema = z.object({
  result: z.object({ 'pretty-name': optionalText, name: optionalText, 'kernel-release': optionalText }),
});
const interfacesSchema = z.object({
  result: z.array(
    z.object({
      name: z.string(),
      'hardware-address': optionalText,
      'ip-addresses': z
        .array(z.object({ 'ip-address': z.string(), prefix: looseNumber.optional() }))
        .nullish(),
    }),
  ),
});
const fileSystemsSchema = z.object({
  result: z.array(
    z.object({
      mountpoint: z.string(),
      type: optionalText,
      'total-bytes': optionalNumber,
      'used-bytes': optionalNumber,
    }),
  ),
});
/** `…/lxc/{vmid}/interfaces` of 7 and newer. */
const containerInterfacesSchema = z.array(
  z.object({
    name: z.string(),
    hwaddr: optionalText,
    inet: looseText.optional(),
    inet6: looseText.optional(),
  }),
);

/** Why a guest tells nothing of itself, in a sentence (F143). null: that is another failure. */
function silence(text: string): string | null {
  if (/guest agent is not running/.test(text)) {
    return 'Its guest agent does not answer: it is not installed, not started, or hangs.';
  }
  if (/No QEMU guest agent configured/.test(text)) {
    return 'It has no guest agent by its configuration: install qemu-guest-agent in it and switch the option on.';
  }
  return /is not running|not running/.test(text) ? 'It does not run.' : null;
}

async function orSilent(read: () => Promise<GuestInside>): Promise<GuestInside> {
  try {
    return await read();
  } catch (thrown) {
    const error = toAppError(thrown);
    const why = error.code === 'api-failed' ? silence(`${error.message} ${error.detail ?? ''}`) : null;
    if (why === null) throw error;
    return { told: false, why };
  }
}

/** What a guest says of itself from inside: its system, addresses and file systems. Nothing of it is kept. */
export function readInside(
  client: ApiClient,
  { type, node, vmid }: { type: GuestType; node: string; vmid: number },
  signal: AbortSignal,
): Promise<GuestInside> {
  const ask = { operation: 'ask the guest agent', signal };
  const place = { node, vmid };
  if (type === 'lxc') {
    return orSilent(async () => {
      const rows = await client.get(
        apiPath('/nodes/{node}/lxc/{vmid}/interfaces', place),
        containerInterfacesSchema,
        { operation: 'read the addresses of the container', signal },
      );
      return {
        told: true,
        system: null,
        kernel: null,
        interfaces: rows.map(({ name, hwaddr, inet, inet6 }) => ({
          name,
          hardwareAddress: hwaddr ?? '',
          addresses: [inet, inet6].filter((each) => each !== undefined),
        })),
        fileSystems: [],
      };
    });
  }
  return orSilent(async () => {
    // One after the other: an agent that hangs is waited for once.
    const { result: system } = await client.get(
      apiPath('/nodes/{node}/qemu/{vmid}/agent/get-osinfo', place),
      osSchema,
      ask,
    );
    const [{ result: interfaces }, { result: fileSystems }] = await Promise.all([
      client.get(
        apiPath('/nodes/{node}/qemu/{vmid}/agent/network-get-interfaces', place),
        interfacesSchema,
        ask,
      ),
      client.get(apiPath('/nodes/{node}/qemu/{vmid}/agent/get-fsinfo', place), fileSystemsSchema, ask),
    ]);
    return {
      told: true,
      system: system['pretty-name'] ?? system.name,
      kernel: system['kernel-release'],
      interfaces: interfaces.map((row) => ({
        name: row.name,
        hardwareAddress: row['hardware-address'] ?? '',
        addresses: (row['ip-addresses'] ?? []).map(
          ({ 'ip-address': address, prefix }) => `${address}${prefix === undefined ? '' : `/${prefix}`}`,
        ),
      })),
      fileSystems: fileSystems.map((row) => ({
        mountPoint: row.mountpoint,
        type: row.type ?? '',
        usedBytes: row['used-bytes'],
        totalBytes: row['total-bytes'],
      })),
    };
  });
}
