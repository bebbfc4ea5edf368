import { withZfsMembers } from '../disks/zfs-members';
import type { DemoBlock, DemoDisk } from '../disks/types';
import type { SimulatedTool } from '../machine';
import { failed } from '../result';
import type { BlockDevice, ZfsModel } from './model';

function flat(block: DemoBlock): DemoBlock[] {
  return [block, ...(block.children ?? []).flatMap(flat)];
}

/** A disk as zpool looks at it: whatever pools left on it is theirs. */
function describe(disk: DemoDisk): BlockDevice {
  const blocks = flat(disk);
  const foreign = blocks.find(({ content }) => content !== undefined && content.type !== 'zfs_member');
  return {
    sizeBytes: disk.sizeBytes,
    content: foreign?.content?.type ?? null,
    mounted: blocks.some(({ mountpoint }) => mountpoint !== undefined),
  };
}

/** Lets zpool see the host's disks, by every name they have. */
export function connectDisks(model: ZfsModel, disks: () => readonly DemoDisk[]): void {
  model.blockDevice = (path) => {
    const found = withZfsMembers(disks(), model).find(
      ({ name, byId }) => path === `/dev/${name}` || byId.some((each) => path === `/dev/disk/by-id/${each}`),
    );
    return found === undefined ? null : describe(found);
  };
}

/** `fuser -m`: process numbers on stdout, the rest on stderr (psmisc 23.6). */
export function fuserTool(model: ZfsModel): SimulatedTool {
  return {
    name: 'fuser',
    folder: '/usr/bin',
    run(words) {
      const [option, place = '', ...more] = words;
      if (option !== '-m' || more.length > 0) return failed(1, 'fuser: the demo host answers -m PATH only\n');
      const users = model.usersOf(place);
      if (users.length === 0) return failed(1, '');
      return {
        exitCode: 0,
        stdout: users.map((pid) => String(pid).padStart(6)).join(''),
        stderr: `${place}:${' '.repeat(Math.max(1, 21 - place.length))}${'c'.repeat(users.length)}\n`,
        delayMs: 12,
      };
    },
  };
}
