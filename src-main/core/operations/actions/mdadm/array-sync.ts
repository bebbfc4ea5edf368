import { z } from 'zod';
import { syncActionArgv, type SyncAction } from '../../../storage/mdadm/commands';
import type { ActionId, Blocker, Consequence, Risk } from '../../../../../src-preload/contract/operations';
import type { AccessLevel } from '../../../../../src-preload/contract/hosts';
import type { Pool } from '../../../../../src-preload/contract/inventory';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { bytes, hint } from '../words';
import { syncFailures } from './failures';
import { arrayExcuse } from './offering';
import { arrayBlockers, arrayPathSchema, noSuchArrayBlocker, readArray, type LiveArray } from './reads';

const input = z.strictObject({ array: arrayPathSchema });
type Input = z.infer<typeof input>;

interface Wording {
  id: ActionId;
  title: string;
  label: string;
  risk: Risk;
  minimumAccess: AccessLevel;
  explain: string;
  excuse(pool: Pool): string | null;
  blockers(array: LiveArray): Blocker[];
  consequences(array: LiveArray): Consequence[];
}

function checkConsequences({ detail }: LiveArray): Consequence[] {
  const size = detail.usedDeviceBytes === null ? '' : ` of ${bytes(detail.usedDeviceBytes)}`;
  const consequences: Consequence[] = [
    {
      severity: 'info',
      text: `Every member${size} is read from end to end, which takes hours on large disks and slows other access. It can be stopped at any time.`,
      items: [],
    },
  ];
  if (/\bdegraded\b/.test(detail.state ?? '')) {
    consequences.push({
      severity: 'warning',
      text: 'The array is degraded: where no second copy or parity is left, nothing can be compared.',
      items: [],
    });
  }
  return consequences;
}

const neededWords: Record<string, string> = {
  recover: 'rebuild',
  resync: 'synchronisation',
  reshape: 'reshape',
};

const words: Record<SyncAction, Wording> = {
  check: {
    id: 'mdadm.array.check',
    title: 'Check RAID array',
    label: 'Check',
    risk: 'safe',
    minimumAccess: 'operate',
    explain:
      'mdadm --action=check asks the kernel to read all members, compare them and count what differs. It corrects only what cannot be read.',
    excuse: (pool) => arrayExcuse(pool, { redundancy: true, quiet: true }),
    blockers: (array) => arrayBlockers(array, { redundancy: true, quiet: true }),
    consequences: checkConsequences,
  },
  repair: {
    id: 'mdadm.array.repair',
    title: 'Repair RAID array',
    label: 'Repair',
    risk: 'destructive',
    minimumAccess: 'administer',
    explain:
      'mdadm --action=repair asks the kernel to read all members and to write anew what differs. It runs in the background.',
    excuse: (pool) => arrayExcuse(pool, { redundancy: true, quiet: true, whole: true }),
    blockers: (array) => arrayBlockers(array, { redundancy: true, quiet: true, whole: true }),
    consequences: (array) => {
      const mirrored = array.detail.level === 'raid1' || array.detail.level === 'raid10';
      const { mismatchSectors, lastSyncAction } = array.sync;
      const known =
        lastSyncAction === 'check' && mismatchSectors !== null
          ? ` The last check counted ${mismatchSectors === 0 ? 'none' : bytes(mismatchSectors * 512)}.`
          : ' No check since the last start of the array says how much that is.';
      return [
        {
          severity: 'loss',
          text: mirrored
            ? `Where copies differ, the first member's is taken for the right one and the others are overwritten, whichever was good.${known}`
            : `Where parity differs, it is written anew from the data. If a disk returned wrong data, that is sealed.${known}`,
          items: [{ name: array.detail.path, sizeBytes: array.detail.sizeBytes }],
        },
        ...checkConsequences(array),
      ];
    },
  },
  idle: {
    id: 'mdadm.array.idle',
    title: 'Stop the check of a RAID array',
    label: 'Stop the check',
    risk: 'safe',
    minimumAccess: 'operate',
    explain: 'mdadm --action=idle asks the kernel to stop the check or repair that is running.',
    excuse: (pool) =>
      arrayExcuse(pool) ??
      (pool.activity?.kind === 'check'
        ? null
        : pool.activity === null
          ? 'Nothing is running on the array.'
          : 'Only a check or repair can be stopped: what is running now is needed and starts again by itself.'),
    blockers: (array) => {
      const sync = array.mdstat?.sync ?? null;
      const action = array.sync.syncAction;
      if (sync === null) {
        return [{ text: `Nothing is running on ${array.detail.path}.`, remedy: 'Refresh the host.' }];
      }
      return action === 'check' || action === 'repair'
        ? []
        : [
            {
              text: `${array.detail.path} is busy with a ${neededWords[action ?? ''] ?? sync.kind}, which it needs: it would start again at once.`,
              remedy: 'Wait for it to end.',
            },
          ];
    },
    consequences: ({ sync }) => [
      {
        severity: 'info',
        text: `The ${sync.syncAction ?? 'check'} stops where it is. The next one starts from the beginning.`,
        items: [],
      },
    ],
  },
};

function define(action: SyncAction): ActionDefinition<Input> {
  const wording = words[action];
  return {
    id: wording.id,
    title: wording.title,
    backend: 'mdadm',
    minimumAccess: wording.minimumAccess,
    risk: wording.risk,
    input,

    offer(subject) {
      if (subject.kind !== 'pool') return null;
      const { pool } = subject;
      return {
        label: wording.label,
        group: 'maintenance',
        excuse: wording.excuse(pool),
        input: { array: pool.name },
        fields: [],
      };
    },

    async plan(context, { array }) {
      const live = await readArray(context, array);
      return {
        risk: wording.risk,
        target: { kind: 'array', name: array },
        steps: [
          {
            title: `${wording.label}: ${array}`,
            argv: syncActionArgv(array, action),
            explain: wording.explain,
            acceptExitCodes: [0],
            timeoutSeconds: 60,
          },
        ],
        consequences: live === null ? [] : wording.consequences(live),
        blockers: live === null ? [noSuchArrayBlocker(array)] : wording.blockers(live),
        undo:
          action === 'idle'
            ? hint(...syncActionArgv(array, 'check'))
            : hint(...syncActionArgv(array, 'idle')),
        preconditions: {
          uuid: live?.detail.uuid ?? null,
          running: live?.sync.syncAction ?? null,
          degraded: /\bdegraded\b/.test(live?.detail.state ?? ''),
        },
      };
    },

    /**
     * | asked for | sync_action now     | last_sync_action | says                              |
     * | check     | check               | any              | confirmed: it runs                |
     * | check     | idle                | check            | confirmed: it has ended (small)   |
     * | repair    | the same with repair                   |                                   |
     * | idle      | neither check nor repair               | confirmed                         |
     * | any       | anything else                          | not there                         |
     */
    async verify(context, { array }) {
      const live = await readArray(context, array);
      if (live === null) return { status: 'not-there', text: `There is no array ${array}.` };
      const { syncAction, lastSyncAction, mismatchSectors } = live.sync;
      if (action === 'idle') {
        return syncAction === 'check' || syncAction === 'repair'
          ? { status: 'not-there', text: `The ${syncAction} of ${array} is still running.` }
          : { status: 'confirmed', text: `No check is running on ${array}.` };
      }
      if (syncAction === action) {
        const waits = live.mdstat?.sync?.state === 'delayed';
        return {
          status: 'confirmed',
          text: waits
            ? `The ${action} of ${array} waits for another array on the same disks.`
            : `The ${action} of ${array} is running in the background.`,
        };
      }
      return syncAction === 'idle' && lastSyncAction === action
        ? {
            status: 'confirmed',
            text: `The ${action} of ${array} has ended: ${
              mismatchSectors === 0
                ? 'no differences'
                : `${mismatchSectors ?? '?'} sectors ${action === 'repair' ? 'differed and were written anew' : 'differ'}`
            }.`,
          }
        : { status: 'not-there', text: `No ${action} is running on ${array} (${syncAction ?? 'unknown'}).` };
    },

    explainFailure: (exitCode, stderr) => explain(syncFailures, exitCode, stderr),
  };
}

export const mdadmArrayCheck = define('check');
export const mdadmArrayRepair = define('repair');
export const mdadmArrayIdle = define('idle');
