import { z } from 'zod';
import { guestTypeSchema } from '../../../src-preload/contract/clusters';
import { hostIdSchema } from '../../../src-preload/contract/primitives';
import type { PveActionId } from '../../../src-preload/contract/operations';
import { AppError } from '../errors/app-error';

const guest = {
  controller_id: hostIdSchema,
  node: z.string(),
  vmid: z.int(),
  vm_type: guestTypeSchema.default('qemu'),
};
const plainSchema = z.strictObject(guest);
const snapshotSchema = z.strictObject({ ...guest, snapname: z.string() });

interface Asked {
  hostId: string;
  action: PveActionId;
  input: Record<string, z.core.util.JSONType>;
}

const place = ({ node, vmid, vm_type: type }: z.infer<typeof plainSchema>) => ({ node, vmid, type });

const power =
  (action: PveActionId, more: Asked['input'] = {}) =>
  (raw: unknown): Asked => {
    const given = plainSchema.parse(raw);
    return { hostId: given.controller_id, action, input: { ...place(given), ...more } };
  };

/**
 * Operations by the names that automations call them by (F188 to F192), with their inputs, as requests of actions. Names
 * and bounds are checked by the actions themselves; each still takes the whole road.
 */
const operations: Readonly<Record<string, (raw: unknown) => Asked>> = {
  'hypervisor.vm.snapshot': (raw) => {
    const given = snapshotSchema.parse(raw);
    return {
      hostId: given.controller_id,
      action: 'pve.snapshot.create',
      input: { ...place(given), name: given.snapname, description: null, vmstate: false },
    };
  },
  'hypervisor.vm.start': power('pve.guest.start'),
  'hypervisor.vm.stop': power('pve.guest.stop'),
  'hypervisor.vm.shutdown': power('pve.guest.shutdown', { timeout: 60, forceStop: false }),
  'hypervisor.vm.reboot': power('pve.guest.reboot'),
};
export const operationNames = Object.keys(operations);

/** null: this is no such name. Throws AppError `invalid-request` naming the fields, never their values. */
export function requestByName(name: string, hostId: string, raw: unknown): Asked | null {
  if (!Object.hasOwn(operations, name)) return null;
  try {
    const asked = operations[name]?.(raw) ?? null;
    if (asked !== null && asked.hostId !== hostId) {
      throw new AppError('invalid-request', `${name}: it names another cluster than the one that is asked.`);
    }
    return asked;
  } catch (thrown) {
    if (!(thrown instanceof z.ZodError)) throw thrown;
    throw new AppError('invalid-request', `${name}: the input is not valid, so nothing was done.`, {
      detail: z.prettifyError(thrown).slice(0, 2000),
    });
  }
}
