import { deviceName } from '../../../sandbox/device-mapper/names';
import { isLost, type SandboxWorld } from '../../../sandbox/device-mapper/world';
import type { Verification } from '../../../../../src-preload/contract/operations';
import { volumeIn } from './reads';

/** What reading again shows of a volume that was to be on line. */
export function judgeActive(world: SandboxWorld, id: string): Verification {
  const volume = volumeIn(world, id);
  const device = volume?.device ?? null;
  if (device === null) return { status: 'not-there', text: `There is no device of sandbox ${id}.` };
  if (isLost(device.status)) {
    return { status: 'not-there', text: `The device ${device.name} is there, but its snapshot is lost.` };
  }
  if (device.base === null || device.cow === null || volume?.problem !== null) {
    return {
      status: 'not-there',
      text: `The device ${device.name} is there, but not on its own files. ${volume?.problem ?? ''}`.trim(),
    };
  }
  return {
    status: 'confirmed',
    text: `/dev/mapper/${device.name} is there, on ${device.base.name} (read-only) and ${device.cow.name}.`,
  };
}

/**
 * What reading again shows of a volume that was to be off line. `losetup -d` ends well also for a device in use, so
 * only the list of loop devices proves that it is gone.
 */
export function judgeInactive(world: SandboxWorld, id: string, released: readonly string[]): Verification {
  const name = deviceName(world.settings.prefix, id);
  if (world.tables.some((table) => table.name === name)) {
    return { status: 'not-there', text: `The device ${name} is still there.` };
  }
  return judgeReleased(world, released, `The device ${name} is gone`);
}

/** `done` begins the sentence. */
export function judgeReleased(world: SandboxWorld, released: readonly string[], done: string): Verification {
  const left = world.loops.filter(
    ({ name, file }) => released.includes(name) && file?.startsWith(`${world.settings.root}/`),
  );
  if (left.length === 0) {
    const loops =
      released.length === 0
        ? ''
        : ` ${released.join(' and ')} ${released.length === 1 ? 'is' : 'are'} let go.`;
    return { status: 'confirmed', text: `${done}.${loops}` };
  }
  const waiting = left.filter(({ autoclear }) => autoclear).map(({ name }) => name);
  return waiting.length === left.length
    ? {
        status: 'pending',
        text: `${done}. ${waiting.join(' and ')} ${waiting.length === 1 ? 'is' : 'are'} in use elsewhere and will be let go when that ends (AUTOCLEAR).`,
      }
    : { status: 'not-there', text: `${left.map((loop) => loop.name).join(' and ')} still has a file.` };
}
