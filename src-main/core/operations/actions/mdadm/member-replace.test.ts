import { describe, expect, it } from 'vitest';
import { captured } from '../../../storage/testing/captured';
import type { ActionContext } from '../../action';
import { mdadmMemberReplace } from './member-replace';

interface Recorded {
  detail: string;
  mdstat: string;
  sync: string;
}

/** A host with one array, as it was captured; its disks answer by their plain paths and are blank. */
function host({ detail, mdstat, sync }: Recorded): ActionContext {
  return {
    nowMs: () => Date.parse('2026-11-29T05:30:00Z'),
    lastKnownStatus: () => Promise.resolve(null),
    read: (_operation, argv) => {
      const path = argv.at(-1) ?? '';
      switch (argv[0]) {
        case 'mdadm':
          return Promise.resolve(captured('mdadm', detail));
        case 'cat':
          return Promise.resolve(captured('mdadm', mdstat));
        case 'grep':
          return Promise.resolve(captured('mdadm', sync));
        case 'lsblk':
          return Promise.resolve({ exitCode: 0, stdout: blank(path), stderr: '' });
        case 'blkid':
          return Promise.resolve({ exitCode: 2, stdout: '', stderr: '' });
        default:
          throw new Error(`Unexpected: ${argv.join(' ')}`);
      }
    },
  };
}

const blank = (path: string): string => {
  const name = path.slice('/dev/'.length);
  const device = { name, kname: name, path, type: 'disk', size: 536870912, ro: false, rm: false };
  const nothing = { fstype: null, label: null, mountpoint: null, serial: null, model: null };
  return JSON.stringify({ blockdevices: [{ ...device, ...nothing }] });
};

/** Two members in sync, the spare /dev/vdd, and a check that runs. */
const checking = { detail: 'checking-detail-md0', mdstat: 'checking-mdstat', sync: 'checking-sync-md0' };
/** Two of three members in sync; the third is being rebuilt. */
const rebuilding = {
  detail: 'rebuilding-detail-md5',
  mdstat: 'rebuilding-mdstat',
  sync: 'rebuilding-sync-md5',
};
/** The same, and the faulty member whose place is rebuilt is still listed. */
const rebuildingForFaulty = { ...rebuilding, detail: 'mdadm-047-detail-rebuilding' };

const verify = (recorded: Recorded, input: { array: string; member: string; newDisk: string }) =>
  mdadmMemberReplace.verify(host(recorded), input, {
    preconditions: { path: input.member, device: { path: input.newDisk } },
  });
const blockersOf = async (recorded: Recorded, input: { array: string; member: string; newDisk: string }) =>
  (await mdadmMemberReplace.plan(host(recorded), input)).blockers;

describe('the copy to a new member', () => {
  const input = { array: '/dev/md0', member: '/dev/vdb', newDisk: '/dev/vdd' };

  it('waits while a check runs, and is not called failed', async () => {
    expect(await verify(checking, input)).toEqual({
      status: 'pending',
      text: '/dev/vdd waits as a spare; the copy begins when the check that is running has ended.',
    });
  });

  it('is not there when the new member is a spare and nothing runs that it could wait for', async () => {
    const idle = { ...checking, mdstat: 'idle-mdstat' };
    expect((await verify(idle, input)).status).toBe('not-there');
  });

  it('runs while the new member is rebuilt', async () => {
    const running = { array: '/dev/md5', member: '/dev/vde', newDisk: '/dev/vdg' };
    expect((await verify(rebuilding, running)).status).toBe('pending');
  });
});

describe('while the array is rebuilt', () => {
  it('no other member in sync is replaced: its copy would wait, and it may hold the only data', async () => {
    const blockers = await blockersOf(rebuilding, {
      array: '/dev/md5',
      member: '/dev/vde',
      newDisk: '/dev/vdh',
    });
    expect(blockers.map(({ text }) => text)).toContain(
      '/dev/md5 is being rebuilt onto /dev/vdg: until that has ended, /dev/vde may be all that holds its data, and its copy would wait.',
    );
  });

  it('the faulty member whose place is taken is removed alone', async () => {
    const blockers = await blockersOf(rebuildingForFaulty, {
      array: '/dev/md5',
      member: '/dev/vdd',
      newDisk: '/dev/vdh',
    });
    expect(blockers).toContainEqual({
      text: 'The place of /dev/vdd is taken already: /dev/md5 is being rebuilt onto /dev/vdg.',
      remedy: 'Remove the failed member, and add the disk as a spare.',
    });
  });

  it('nothing of this blocks an array that is whole', async () => {
    const idle = { ...checking, mdstat: 'idle-mdstat' };
    const blockers = await blockersOf(idle, { array: '/dev/md0', member: '/dev/vdb', newDisk: '/dev/vdd' });
    expect(blockers).toEqual([]);
  });
});
