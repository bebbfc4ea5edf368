import { z } from 'zod';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import {
  asideFolder,
  deleteFolderArgv,
  makeAsideFolderArgv,
  setAsideArgv,
  volumesFolder,
} from '../../../sandbox/microsandbox/commands';
import { isFolderName } from '../../../sandbox/microsandbox/names';
import type { ActionContext, ActionDefinition, OfferDraft, Subject } from '../../action';
import { hint, moment } from '../words';
import { explainMsb } from './failures';
import { isNameLocked, readFolder, readHome, readUsage, readVolumes } from './reads';

const folderSchema = z
  .string()
  .max(255)
  .refine(isFolderName, 'must be the name of a directory among the volumes');
const input = z.strictObject({ name: folderSchema });
type Input = z.infer<typeof input>;

/** `cache-20261129-010203`: where it came from and when it was taken from there, by UTC. */
function asideName(name: string, atMs: number): string {
  const [date = '', time = ''] = new Date(atMs).toISOString().split('T');
  return `${name}-${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}`;
}

function offerOf(subject: Subject, label: string, group: OfferDraft['group']): OfferDraft | null {
  if (subject.kind !== 'sandbox-volume') return null;
  const { name, presence } = subject.volume;
  if (presence !== 'orphan' && presence !== 'leftover') return null;
  return {
    label,
    group,
    excuse: isFolderName(name) ? null : 'It has a name that msb would not give: move it by hand.',
    input: { name },
    fields: [],
  };
}

/** A directory without a record, or why it is none. */
async function readOrphan(context: ActionContext, name: string) {
  const [volumes, home] = await Promise.all([readVolumes(context), readHome(context)]);
  const folder = await readFolder(context, home);
  const recorded = volumes.some((volume) => volume.name === name);
  const there = folder.names.has(name);
  const blockers: Blocker[] = [];
  if (recorded) {
    blockers.push({ text: `msb has a record of ${name}.`, remedy: 'Remove it as a volume.' });
  } else if (!there) {
    blockers.push({
      text: `There is no ${name} in ${volumesFolder(home)}.`,
      remedy: 'Refresh the host: it may be gone already.',
    });
  } else {
    // A volume that is being made is there before its record is; its name is locked meanwhile.
    const volume = name.startsWith('.') ? name.slice(1).replace(/\.[^.]*$/, '') : name;
    if (await isNameLocked(context, home, folder, volume)) {
      blockers.push({
        text: `Another msb holds the lock of ${volume}: the volume may be in the making.`,
        remedy: 'Wait for its end, then plan it again.',
      });
    }
  }
  return { home, blockers, recorded, there, path: `${volumesFolder(home)}/${name}` };
}

async function verifyGone(context: ActionContext, { name }: Input) {
  const home = await readHome(context);
  return (await readFolder(context, home)).names.has(name)
    ? ({ status: 'not-there', text: `${name} is still in ${volumesFolder(home)}.` } as const)
    : ({ status: 'confirmed', text: `${name} is not among the volumes any more.` } as const);
}

export const setOrphanAside: ActionDefinition<Input> = {
  id: 'msb.orphan.setAside',
  title: 'Set directory without a record aside',
  backend: 'microsandbox',
  minimumAccess: 'administer',
  risk: 'safe',
  input,
  offer: (subject) => offerOf(subject, 'Set aside, keep the data…', 'maintenance'),

  async plan(context, { name }) {
    const { home, path, blockers, recorded, there } = await readOrphan(context, name);
    const to = `${asideFolder(home)}/${asideName(name, context.nowMs())}`;
    return {
      risk: 'safe',
      target: { kind: 'directory', name: path },
      steps: [
        {
          title: `Make ${asideFolder(home)}`,
          argv: makeAsideFolderArgv(home),
          explain:
            'mkdir --parents does nothing where the folder is there; only this login may look into it.',
          acceptExitCodes: [0],
          timeoutSeconds: 30,
          privileged: false,
        },
        {
          title: `Move it to ${to}`,
          argv: setAsideArgv(path, to),
          explain:
            'mv within one data home renames; --no-clobber and --no-target-directory take the new name as it stands and overwrite nothing.',
          acceptExitCodes: [0],
          timeoutSeconds: 600,
          privileged: false,
        },
      ],
      consequences: [
        {
          severity: 'info',
          text: `The data stays, in ${to}, as of ${moment(context.nowMs())}. A volume ${name} can be made then, and what is needed copied into it.`,
          items: [],
        },
      ],
      blockers,
      undo: hint('mv', '--no-clobber', '--no-target-directory', '--', to, path),
      preconditions: { recorded, there },
    };
  },

  verify: verifyGone,
  explainFailure: explainMsb,
};

export const deleteOrphan: ActionDefinition<Input> = {
  id: 'msb.orphan.delete',
  title: 'Delete directory without a record',
  backend: 'microsandbox',
  minimumAccess: 'administer',
  risk: 'destructive',
  input,
  bulk: { one: 'directory', many: 'directories' },
  offer: (subject) => offerOf(subject, 'Delete the directory…', 'destroy'),

  async plan(context, { name }) {
    const { home, path, blockers, recorded, there } = await readOrphan(context, name);
    const sizeBytes = there ? await readUsage(context, home, name) : null;
    return {
      risk: 'destructive',
      target: { kind: 'directory', name: path },
      steps: [
        {
          title: `Delete ${path}`,
          argv: deleteFolderArgv(path),
          explain:
            'rm --recursive deletes it; --one-file-system stops at whatever is mounted in it, and it follows no link out of it. Without --force it says what it can’t delete.',
          acceptExitCodes: [0],
          timeoutSeconds: 600,
          privileged: false,
        },
      ],
      consequences: [
        {
          severity: 'loss',
          text: `All that is in ${path} is lost. msb has no record of it, so nothing says what it was for.`,
          items: [{ name, sizeBytes }],
        },
      ],
      blockers,
      undo: null,
      // Nothing else tells one such directory from another of its name.
      preconditions: { recorded, there, sizeBytes },
    };
  },

  verify: verifyGone,
  explainFailure: explainMsb,
};
