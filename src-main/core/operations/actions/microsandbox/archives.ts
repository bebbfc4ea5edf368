import { z } from 'zod';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import type { SandboxSnapshot } from '../../../../../src-preload/contract/sandbox';
import type { MsbArchive } from '../../../sandbox/microsandbox/archives';
import {
  archiveFile,
  archivesFolder,
  deleteArchiveArgv,
  loadImageArgv,
  loadSnapshotArgv,
  makeArchivesFolderArgv,
  saveSnapshotArgv,
} from '../../../sandbox/microsandbox/commands';
import { isArchiveName, isReference } from '../../../sandbox/microsandbox/names';
import type { ActionContext, ActionDefinition, OfferDraft, Subject } from '../../action';
import { switchField, textField } from '../fields';
import { bytes, hint, listed, moment } from '../words';
import { explainMsb } from './failures';
import {
  memberSchema,
  readArchives,
  readFree,
  readHome,
  readImages,
  readSnapshots,
  readVersion,
  referenceSchema,
} from './reads';
import { isOld, noName, snapshotOf, unknownSnapshot, versionIn } from './snapshots';

/** A file name, never a path: all archives lie in one folder of the data home. */
const archiveSchema = z
  .string()
  .max(200)
  .refine(
    (name) => isArchiveName(name),
    'must be a file name of letters, digits, dots, hyphens and underscores',
  );
const newArchiveSchema = archiveSchema.refine(
  (name) => /^[^.].*[.](?:msb|tar[.]zst)$/.test(name),
  'must end with .msb (msb 0.7) or .tar.zst (0.6)',
);

function archiveOf(subject: Subject): SandboxSnapshot | null {
  return subject.kind === 'sandbox-snapshot' && subject.snapshot.kind !== undefined ? subject.snapshot : null;
}

/** `web:base1` to `web-base1.msb`. */
function suggestedName(reference: string, version: string | null): string {
  return `${reference.replaceAll(':', '-')}${isOld(version) ? '.tar.zst' : '.msb'}`;
}

/** As a precondition: another file of that name is another archive. */
const seenOf = (archive: MsbArchive | undefined) =>
  archive === undefined ? null : { sizeBytes: archive.sizeBytes, changedAtMs: archive.changedAtMs };

async function readArchive(context: ActionContext, name: string) {
  const home = await readHome(context);
  const archives = await readArchives(context, home);
  const archive = archives.find((each) => each.name === name);
  return { home, archives, archive, path: archiveFile(home, name) };
}

function missing(home: string, name: string, archives: readonly MsbArchive[]): Blocker {
  const there = archives.filter(({ unfinished }) => !unfinished).map((each) => each.name);
  return {
    text: `There is no ${name} in ${archivesFolder(home)}.${there.length === 0 ? '' : ` There is: ${listed(there)}.`}`,
    remedy: `Put the file into ${archivesFolder(home)} on the host, as with scp, then refresh the host.`,
  };
}

const saveInput = z.strictObject({
  snapshot: referenceSchema,
  file: newArchiveSchema,
  withImage: z.boolean(),
});

export const saveSnapshot: ActionDefinition<z.infer<typeof saveInput>> = {
  id: 'msb.snapshot.save',
  title: 'Save snapshot to an archive',
  backend: 'microsandbox',
  minimumAccess: 'administer',
  risk: 'safe',
  input: saveInput,

  offer(subject, { inventory }) {
    const snapshot = snapshotOf(subject);
    if (snapshot === null) return null;
    return {
      label: 'Save to an archive…',
      group: 'snapshot',
      excuse: isReference(snapshot.name) ? null : noName,
      input: { snapshot: snapshot.name },
      fields: [
        textField('file', 'File name', suggestedName(snapshot.name, versionIn(inventory.sandbox)), {
          maxLength: 200,
          help: 'In the folder “archives” of the data home, on the host itself.',
        }),
        switchField(
          'withImage',
          'With its image',
          false,
          'Then it can be restored where that image is not. The archive grows by it.',
        ),
      ],
    };
  },

  async plan(context, { snapshot: reference, file, withImage }) {
    const [snapshots, { home, archive, path }] = await Promise.all([
      readSnapshots(context),
      readArchive(context, file),
    ]);
    const snapshot = snapshots.find((each) => each.reference === reference);
    const size = snapshot?.sizeBytes ?? null;
    const free = await readFree(context, home);
    return {
      risk: 'safe',
      target: { kind: 'archive', name: path },
      steps: [
        {
          title: `Make ${archivesFolder(home)}`,
          argv: makeArchivesFolderArgv(home),
          explain:
            'mkdir --parents does nothing where the folder is there; only this login may look into it.',
          acceptExitCodes: [0],
          timeoutSeconds: 30,
          privileged: false,
        },
        {
          title: `Save ${reference} to ${file}`,
          argv: saveSnapshotArgv(reference, path, withImage),
          explain: `msb snapshot save writes a compressed archive${withImage ? '; --with-image puts the image of the sandbox in too' : ''}. It has another name until it is whole.`,
          acceptExitCodes: [0],
          timeoutSeconds: 7200,
          privileged: false,
        },
      ],
      consequences: [
        {
          severity: 'info',
          text: `The snapshot stays as it is. The archive takes at most ${size === null ? 'what the snapshot does' : bytes(size)}${withImage ? ' and the image' : ''}; what is empty in it takes nearly nothing.`,
          items: [],
        },
        ...(size !== null && free !== null && size > free
          ? [
              {
                severity: 'warning' as const,
                text: `Only ${bytes(free)} are free there: without room it fails, and no archive is made.`,
                items: [],
              },
            ]
          : []),
      ],
      blockers: [
        ...(snapshot === undefined ? [unknownSnapshot(reference)] : []),
        ...(archive === undefined
          ? []
          : [
              {
                text: `${path} is there already, with ${bytes(archive.sizeBytes)}; msb would write over it without a word.`,
                remedy: 'Choose another name, or delete that archive first.',
              },
            ]),
      ],
      undo: hint('rm', '--', path),
      preconditions: { digest: snapshot?.digest ?? null, archive: seenOf(archive) },
    };
  },

  async verify(context, { file }, { preconditions }) {
    const { archive, path } = await readArchive(context, file);
    if (archive === undefined) return { status: 'not-there', text: `${path} is not there.` };
    return preconditions['archive'] === null && archive.sizeBytes > 0
      ? { status: 'confirmed', text: `${path} is there with ${bytes(archive.sizeBytes)}.` }
      : { status: 'not-there', text: `${path} is not what was saved.` };
  },
  explainFailure: explainMsb,
};

const loadInput = z.strictObject({
  file: archiveSchema,
  /** Since 0.7; null before, which has no groups. */
  group: memberSchema.nullable(),
});
const loadPreconditions = z.object({ before: z.array(z.string()) });

const trustOnly =
  'What is in an archive is run by whoever starts a sandbox of it. Load only what you trust; msb compares it with nothing.';

export const loadSnapshot: ActionDefinition<z.infer<typeof loadInput>> = {
  id: 'msb.snapshot.load',
  title: 'Load snapshots from an archive',
  backend: 'microsandbox',
  minimumAccess: 'administer',
  risk: 'safe',
  input: loadInput,

  offer(subject, { inventory }) {
    const archive = archiveOf(subject);
    if (archive === null || archive.kind !== 'archive' || archive.name.endsWith('.tar')) return null;
    const old = isOld(versionIn(inventory.sandbox));
    return {
      label: 'Load its snapshots…',
      group: 'snapshot',
      excuse: null,
      input: { file: archive.name, ...(old ? { group: null } : {}) },
      fields: old
        ? []
        : [
            textField('group', 'Group', archive.name.replace(/[.](?:msb|tar[.]zst)$/, ''), {
              maxLength: 128,
              help: 'They are then asked for as group:name. One that is there is joined.',
            }),
          ],
    };
  },

  async plan(context, { file, group }) {
    const [version, snapshots, { home, archives, archive, path }] = await Promise.all([
      readVersion(context),
      readSnapshots(context),
      readArchive(context, file),
    ]);
    const joined = snapshots.filter((each) => version.grouped && each.group === group).length;
    return {
      risk: 'safe',
      target: { kind: 'archive', name: path },
      steps: [
        {
          title: `Load ${file}`,
          argv: loadSnapshotArgv(path, version.grouped ? group : null),
          explain: version.grouped
            ? 'msb snapshot load unpacks the snapshots of the archive into this group and records them.'
            : 'msb snapshot load unpacks the snapshots of the archive and records them, by their digest.',
          acceptExitCodes: [0],
          timeoutSeconds: 7200,
          privileged: false,
        },
      ],
      consequences: [
        { severity: 'warning', text: trustOnly, items: [] },
        ...(joined === 0
          ? []
          : [
              {
                severity: 'info' as const,
                text: `The group ${group} is there already: what it has stays, and the newest of the archive may become its head.`,
                items: [],
              },
            ]),
      ],
      blockers: [
        ...(archive === undefined ? [missing(home, file, archives)] : []),
        ...(version.grouped && group === null
          ? [{ text: `msb ${version.text} puts snapshots into groups.`, remedy: 'Say which group.' }]
          : []),
        ...(!version.grouped && group !== null
          ? [{ text: `msb ${version.text} has no groups of snapshots.`, remedy: 'Leave the group empty.' }]
          : []),
      ],
      undo: null,
      preconditions: {
        archive: seenOf(archive),
        before: snapshots.map(({ reference, digest }) => reference ?? digest).toSorted(),
      },
    };
  },

  async verify(context, { file }, { preconditions }) {
    const before = new Set(loadPreconditions.parse(preconditions).before);
    const fresh = (await readSnapshots(context))
      .map(({ reference, digest }) => reference ?? digest)
      .filter((name) => !before.has(name));
    // msb ends well too when it had all of it.
    return fresh.length === 0
      ? {
          status: 'skipped',
          text: `msb lists what it did before: it had what ${file} holds, or took none of it.`,
        }
      : { status: 'confirmed', text: `msb lists ${listed(fresh)}.` };
  },
  explainFailure: explainMsb,
};

const imageInput = z.strictObject({ file: archiveSchema });
const imagePreconditions = z.object({ before: z.array(z.string()) });

const imageKey = ({ reference, digest }: { reference: string; digest: string }): string =>
  `${reference} ${digest}`;

export const loadImage: ActionDefinition<z.infer<typeof imageInput>> = {
  id: 'msb.image.load',
  title: 'Load images from an archive',
  backend: 'microsandbox',
  minimumAccess: 'administer',
  risk: 'safe',
  input: imageInput,

  offer(subject): OfferDraft | null {
    if (subject.kind === 'sandbox-host' && subject.driver === 'microsandbox') {
      return {
        label: 'Image from an archive…',
        group: 'create',
        excuse: null,
        input: {},
        fields: [
          textField('file', 'File name', '', {
            maxLength: 200,
            placeholder: 'runner.tar',
            help: 'A tar archive as “docker save” makes it, in the folder “archives” of the data home on the host.',
          }),
        ],
      };
    }
    const archive = archiveOf(subject);
    if (archive === null || archive.kind !== 'archive' || !archive.name.endsWith('.tar')) return null;
    return {
      label: 'Load its images…',
      group: 'create',
      excuse: null,
      input: { file: archive.name },
      fields: [],
    };
  },

  async plan(context, { file }) {
    const [images, { home, archives, archive, path }] = await Promise.all([
      readImages(context),
      readArchive(context, file),
    ]);
    return {
      risk: 'safe',
      target: { kind: 'archive', name: path },
      steps: [
        {
          title: `Load ${file}`,
          argv: loadImageArgv(path),
          explain: 'msb load reads an archive of images, as “docker save” makes it, and keeps its images.',
          acceptExitCodes: [0],
          timeoutSeconds: 3600,
          privileged: false,
        },
      ],
      consequences: [
        { severity: 'warning', text: trustOnly, items: [] },
        {
          severity: 'info',
          text: 'The names are those in the archive: an image that has such a name now loses it to the new one. Sandboxes keep what they were made from.',
          items: [],
        },
      ],
      blockers: archive === undefined ? [missing(home, file, archives)] : [],
      undo: null,
      preconditions: { archive: seenOf(archive), before: images.map(imageKey).toSorted() },
    };
  },

  async verify(context, { file }, { preconditions }) {
    const before = new Set(imagePreconditions.parse(preconditions).before);
    const fresh = (await readImages(context)).filter((image) => !before.has(imageKey(image)));
    return fresh.length === 0
      ? { status: 'skipped', text: `msb lists the images that it did before: it had what ${file} holds.` }
      : { status: 'confirmed', text: `msb has ${listed(fresh.map(({ reference }) => reference))}.` };
  },
  explainFailure: explainMsb,
};

const deleteInput = z.strictObject({ file: archiveSchema });
const deletePreconditions = z.object({ archive: z.object({ changedAtMs: z.number() }).nullable() });

export const deleteArchive: ActionDefinition<z.infer<typeof deleteInput>> = {
  id: 'msb.archive.delete',
  title: 'Delete archive',
  backend: 'microsandbox',
  minimumAccess: 'administer',
  risk: 'destructive',
  input: deleteInput,
  bulk: { one: 'archive', many: 'archives' },

  offer(subject) {
    const archive = archiveOf(subject);
    if (archive === null) return null;
    return {
      label: 'Delete the file…',
      group: 'destroy',
      excuse: isArchiveName(archive.name) ? null : 'Delete a file of that name by hand.',
      input: { file: archive.name },
      fields: [],
    };
  },

  async plan(context, { file }) {
    const { home, archives, archive, path } = await readArchive(context, file);
    return {
      risk: 'destructive',
      target: { kind: 'archive', name: path },
      steps: [
        {
          title: `Delete ${path}`,
          argv: deleteArchiveArgv(path),
          explain: 'rm deletes this one file. Without --force it says what it can’t delete.',
          acceptExitCodes: [0],
          timeoutSeconds: 60,
          privileged: false,
        },
      ],
      consequences: [
        {
          severity: 'loss',
          text:
            archive?.unfinished === true
              ? 'It is lost: what was left of an archive that was being saved. If msb is saving one now, that fails.'
              : `It is lost${archive === undefined ? '' : `: an archive of ${moment(archive.changedAtMs)}`}. What was loaded from it stays.`,
          items: [{ name: path, sizeBytes: archive?.sizeBytes ?? null }],
        },
      ],
      blockers: archive === undefined ? [missing(home, file, archives)] : [],
      undo: null,
      preconditions: { archive: seenOf(archive) },
    };
  },

  async verify(context, { file }, { preconditions }) {
    const { archive, path } = await readArchive(context, file);
    if (archive === undefined) return { status: 'confirmed', text: `${path} is gone.` };
    return deletePreconditions.parse(preconditions).archive?.changedAtMs === archive.changedAtMs
      ? { status: 'not-there', text: `${path} is still there.` }
      : { status: 'confirmed', text: `It is gone; another ${path} was made since.` };
  },
  explainFailure: explainMsb,
};
