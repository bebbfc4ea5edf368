import { z } from 'zod';
import { AppError } from '../../../errors/app-error';
import { parseBlocks, type Block } from '../../../storage/mdadm/blocks';
import {
  arrayPathPattern,
  isDevicePath,
  mdadmProbes,
  readArrayArgv,
  readArrayExitCodes,
  readBlockArgv,
  readBlockExitCodes,
  readMdstatArgv,
  readSignatureArgv,
  readSignatureExitCodes,
  readSyncArgv,
  syncExitCodes,
} from '../../../storage/mdadm/commands';
import {
  parseSyncState,
  type ArrayDetail,
  type DetailMember,
  type SyncState,
} from '../../../storage/mdadm/detail';
import { isBroken, isContainer, isStarted } from '../../../storage/mdadm/health';
import { parseMdstat, type MdstatArray } from '../../../storage/mdadm/mdstat';
import { detailOf, memberName } from '../../../storage/mdadm/parse';
import { hasRedundancy } from '../../../storage/mdadm/redundancy';
import { unexpectedOutput } from '../../../storage/unexpected';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import type { ActionContext } from '../../action';

export const arrayPathSchema = z
  .string()
  .max(10)
  .regex(arrayPathPattern, 'must be /dev/md and a number of up to three digits, such as /dev/md0');

export const devicePathSchema = z
  .string()
  .max(255)
  .refine(isDevicePath, 'must be the path of a block device, such as /dev/disk/by-id/… or /dev/sdb');

/** One array as it is right now. */
export interface LiveArray {
  detail: ArrayDetail;
  mdstat: MdstatArray | null;
  sync: SyncState;
}

export async function readMdstat(context: ActionContext): Promise<MdstatArray[]> {
  const { exitCode, stdout, stderr } = await context.read('read /proc/mdstat', readMdstatArgv(), {
    acceptExitCodes: mdadmProbes.arrays.acceptExitCodes,
  });
  if (exitCode === 0) return parseMdstat(stdout);
  if (/No such file or directory/.test(stderr)) return [];
  throw new AppError('command-failed', 'Holdfast could not read /proc/mdstat, so nothing was planned.', {
    detail: stderr.slice(0, 2000),
  });
}

/** null: there is no such array. */
export async function readDetail(context: ActionContext, path: string): Promise<ArrayDetail | null> {
  const reading = await context.read('read the array', readArrayArgv(path), {
    acceptExitCodes: readArrayExitCodes,
  });
  const detail = detailOf(reading);
  if (detail !== null && detail.path !== path) {
    throw unexpectedOutput('mdadm --detail', `it is not about ${path}`, reading.stdout);
  }
  // A create or assemble that failed half-way leaves an empty node behind (4.2): no array, and free to be used.
  return detail !== null && detail.uuid === null && detail.members.length === 0 ? null : detail;
}

export async function readArray(context: ActionContext, path: string): Promise<LiveArray | null> {
  const name = path.slice('/dev/'.length);
  const [detail, arrays, sync] = await Promise.all([
    readDetail(context, path),
    readMdstat(context),
    context.read('read the state of the array', readSyncArgv(name), { acceptExitCodes: syncExitCodes }),
  ]);
  const state = parseSyncState(sync.stdout);
  if (detail === null) return null;
  return { detail, mdstat: arrays.find((array) => array.name === name) ?? null, sync: state };
}

/** One block device as it is right now, with what lies on it. */
export interface LiveDevice {
  /** As it was asked for: by-id where the inventory knows one. */
  asked: string;
  block: Block;
  signature: Signature;
}

export interface Signature {
  /** `ext4`, `linux_raid_member`, `gpt`; null: none was found. `several`: they contradict one another. */
  type: string | null;
  uuid: string | null;
}

function parseSignature(exitCode: number, stdout: string): Signature {
  if (exitCode === 2) return { type: null, uuid: null };
  if (exitCode === 8) return { type: 'several', uuid: null };
  const values = new Map<string, string>();
  for (const line of stdout.split('\n').filter((each) => each !== '')) {
    const equals = line.indexOf('=');
    if (equals < 1) throw unexpectedOutput('blkid -p', 'a line is not of the form KEY=value', line);
    values.set(line.slice(0, equals), line.slice(equals + 1));
  }
  const type = values.get('TYPE') ?? values.get('PTTYPE') ?? null;
  // Of a partition its place in the table is told as well, which is no signature on it.
  const something = [...values.keys()].some((key) => key !== 'DEVNAME' && !key.startsWith('PART_ENTRY_'));
  return { type: type ?? (something ? 'unknown' : null), uuid: values.get('UUID') ?? null };
}

/** null: there is no such block device. */
export async function readBlock(context: ActionContext, device: string): Promise<Block | null> {
  const { exitCode, stdout } = await context.read('look at a device', readBlockArgv(device), {
    acceptExitCodes: readBlockExitCodes,
  });
  if (exitCode !== 0 && stdout.trim() === '') return null;
  const roots = parseBlocks(stdout);
  const [block] = roots;
  if (block === undefined) {
    if (exitCode !== 0) return null;
    throw unexpectedOutput('lsblk', `it is not about ${device}`, stdout);
  }
  return block;
}

export async function readDevice(context: ActionContext, device: string): Promise<LiveDevice | null> {
  const [block, signature] = await Promise.all([
    readBlock(context, device),
    context.read('look for signatures on a device', readSignatureArgv(device), {
      acceptExitCodes: readSignatureExitCodes,
    }),
  ]);
  const found = parseSignature(signature.exitCode, signature.stdout);
  return block === null ? null : { asked: device, block, signature: found };
}

export function noSuchArrayBlocker(path: string): Blocker {
  return {
    text: `There is no array ${path} on this host.`,
    remedy: 'Refresh the host and choose one that is there.',
  };
}

export interface ArrayNeeds {
  /** The level must keep copies or parity. */
  redundancy?: boolean;
  /** No check, resync, rebuild or reshape may run. */
  quiet?: boolean;
  /** Every place must hold an up-to-date member. */
  whole?: boolean;
}

const syncWords: Record<string, string> = {
  resync: 'It is being synchronised',
  recovery: 'It is being rebuilt',
  check: 'A check of it is running',
  reshape: 'It is being reshaped',
};

/** What stops a change of an array that is there. */
export function arrayBlockers(array: LiveArray, needs: ArrayNeeds): Blocker[] {
  const { detail, mdstat, sync } = array;
  const { path } = detail;
  if (isContainer(detail) || detail.container !== null) {
    return [
      {
        text: `${path} is kept by the metadata of a RAID controller (${detail.metadata ?? detail.container ?? 'external'}): Holdfast only reads it.`,
        remedy: 'Use mdadm on the host, or the set-up of the controller.',
      },
    ];
  }
  if (!isStarted(detail)) {
    return [
      { text: `${path} is not started (${detail.state ?? 'inactive'}).`, remedy: 'Assemble it first.' },
    ];
  }
  const blockers: Blocker[] = [];
  if (isBroken(detail, sync)) {
    blockers.push({
      text: `${path} has failed: the kernel accepts no more writes to it.`,
      remedy: 'Change nothing. Connect missing disks, stop it and assemble it anew.',
    });
  }
  if (mdstat?.readOnly === 'yes') {
    blockers.push({ text: `${path} is read-only.`, remedy: `On the host: mdadm --readwrite ${path}` });
  }
  if (needs.redundancy === true && !hasRedundancy(detail.level)) {
    blockers.push({
      text: `${path} is a ${detail.level ?? 'array of an unknown level'}, which has no redundancy: its members cannot be failed, added or compared.`,
      remedy: 'To change it, copy its data away and create it anew.',
    });
  }
  const running = mdstat?.sync ?? null;
  if (needs.quiet === true && running !== null) {
    blockers.push({
      text: `${syncWords[running.kind] ?? 'It is busy'}, and mdadm changes nothing meanwhile.`,
      remedy: running.kind === 'check' ? 'Wait for it to end, or stop the check.' : 'Wait for it to end.',
    });
  }
  if (needs.whole === true && /\bdegraded\b/.test(detail.state ?? '')) {
    blockers.push({
      text: `${path} is degraded (${detail.state ?? ''}).`,
      remedy: 'Add or replace the missing disk first, and wait for the rebuild to end.',
    });
  }
  return blockers;
}

/** A member found by the path it was asked for, by-id or kernel name, also when its disk is gone. */
export async function readMember(
  context: ActionContext,
  array: LiveArray | null,
  device: string,
): Promise<{ member: DetailMember | null; path: string }> {
  const block = await readBlock(context, device);
  const path = block?.path ?? device;
  const member =
    array?.detail.members.find((each) =>
      block === null ? memberName(each, array.mdstat) === device : each.path === path,
    ) ?? null;
  return { member, path };
}

/** Whether a plan that compared these members had this one among them. */
export function wasMember(members: readonly string[], path: string): boolean {
  return members.some((member) => member.endsWith(` ${path}`));
}

/** Members in the form preconditions compare: place, state and path, no progress. */
export function membersForComparison(detail: ArrayDetail | null): string[] {
  return (detail?.members ?? []).map(({ slot, state, path, missing }) =>
    [slot ?? '-', state, path ?? (missing ? 'missing' : '-')].join(' '),
  );
}
