import type { SandboxTemplate, SandboxVolume } from '../../../../../src-preload/contract/sandbox';
import { defaultSettings } from '../../../sandbox/device-mapper/meta';
import { platformTeam } from '../../../sandbox/device-mapper/names';
import { describedIn, smallerThanDefault } from '../../../sandbox/device-mapper/inventory';
import { defaultSizeMib, formatSize } from '../../../sandbox/device-mapper/sizes';
import type { VolumeState } from '../../../sandbox/device-mapper/world';
import type { ActionDefinition, OfferDraft, Subject } from '../../action';
import { choiceField, numberField, pickField, sizeField, textField } from '../fields';

/** Where the actions on device-mapper volumes are offered, from the last known inventory. */

const driver = 'device-mapper';
/** That one plan cleans up. */
export const mostLeftovers = 64;
const mebibyte = 1024 ** 2;

type Offering = (subject: Subject) => OfferDraft | null;
type HostSubject = Extract<Subject, { kind: 'sandbox-host' }>;

function onHost(draft: (subject: HostSubject) => OfferDraft): Offering {
  return (subject) => (subject.kind === 'sandbox-host' && subject.driver === driver ? draft(subject) : null);
}

function onVolume(draft: (volume: SandboxVolume, state: VolumeState | null) => OfferDraft | null): Offering {
  return (subject) => {
    if (subject.kind !== 'sandbox-volume' || subject.volume.kind !== 'dm-snapshot') return null;
    const { presence } = subject.volume;
    // What is left over, or somebody else's, has no sandbox behind it.
    if (presence === 'leftover' || presence === 'orphan') return null;
    return draft(subject.volume, stateOf(subject.volume));
  };
}

function onTemplate(draft: (template: SandboxTemplate) => OfferDraft): Offering {
  return (subject) =>
    subject.kind === 'sandbox-template' && subject.template.driver === driver
      ? draft(subject.template)
      : null;
}

const stateOf = ({ facts }: SandboxVolume): VolumeState | null =>
  (describedIn(facts, 'State of the sandbox') as VolumeState | null) ?? null;

const inUse = 'It is in use. End its virtual machine or its mount first.';
const volumeField = (name: string, label: string, help: string) =>
  textField(name, label, '', { help, maxLength: 64 });
const teamHelp = `A UUID; ${platformTeam} is the platform, which every team sees.`;

export const offerVolumeCreate = onHost(({ sandbox }) => {
  const own = sandbox.templates.filter(
    (template) => template.driver === driver && template.visibility !== null,
  );
  const settings = describedIn(
    sandbox.drivers.find((each) => each.driver === driver)?.facts ?? [],
    'Default size',
  );
  return {
    label: 'Create sandbox volume…',
    group: 'create',
    excuse: own.length === 0 ? 'There is no template to make it of. Add one first.' : null,
    input: {},
    fields: [
      volumeField('id', 'Id of the sandbox', 'Letters, digits, dots, dashes and underscores.'),
      choiceField(
        'template',
        'Template',
        own.map(({ name, visibility }) => ({ value: name, label: name, hint: visibility })),
      ),
      sizeField('size', 'Room for changes', settings ?? formatSize(defaultSizeMib * mebibyte), {
        help: 'Such as 20G or 512M. It takes only what is written.',
      }),
      textField('team', 'Team', platformTeam, { help: teamHelp, maxLength: 36 }),
    ],
  };
});

export const offerTemplateRegister = onHost(({ sandbox }) => {
  const bare = sandbox.templates.filter(
    (template) => template.driver === driver && template.visibility === null,
  );
  return {
    label: 'Add template…',
    group: 'create',
    excuse:
      bare.length === 0
        ? 'Every image has its description. Copy a raw ext4 image into the folder of templates first, then refresh.'
        : null,
    input: {},
    fields: [
      choiceField(
        'name',
        'Image',
        bare.map(({ name, path }) => ({ value: name, label: name, hint: path })),
      ),
      textField('team', 'Team', platformTeam, { help: teamHelp, maxLength: 36 }),
      numberField('vcpus', 'vCPUs of its sandboxes', 1, { min: 1, max: 256 }),
      numberField('memoryMib', 'Memory of its sandboxes in MiB', 512, { min: 16, max: 16 * mebibyte }),
    ],
  };
});

const isLeftover = (volume: SandboxVolume): boolean =>
  volume.driver === driver && volume.presence === 'leftover';
const busyOf = ({ facts }: SandboxVolume): string | null => describedIn(facts, 'Busy');
const leftoverId = ({ id }: SandboxVolume): string => id.slice('dm:'.length);

/** All that is left over on a host, or one piece of it. */
export const offerLeftoversClean: Offering = (subject) => {
  if (subject.kind === 'sandbox-volume') {
    const { volume } = subject;
    if (!isLeftover(volume)) return null;
    return {
      label: 'Clean it up',
      group: 'destroy',
      excuse: busyOf(volume),
      input: { leftovers: [leftoverId(volume)] },
      fields: [],
    };
  }
  return onHost(({ sandbox }) => {
    const left = sandbox.volumes.filter(isLeftover);
    return {
      label: 'Clean up leftovers…',
      group: 'maintenance',
      excuse: left.length === 0 ? 'Nothing is left over.' : null,
      input: {},
      fields: [
        pickField(
          'leftovers',
          'What goes',
          left.map((volume) => ({
            value: leftoverId(volume),
            label: volume.name,
            hint: volume.problems[0]?.text ?? volume.state,
            excuse: busyOf(volume),
            sizeBytes: volume.actualSizeBytes,
          })),
          { min: 1, max: mostLeftovers },
        ),
      ],
    };
  })(subject);
};

type Due = NonNullable<ActionDefinition<never>['due']>;

/** All that is left over and that nobody uses: W38, when a host is first read. */
export const leftoversDue: Due = ({ sandbox }) => {
  const leftovers = (sandbox?.volumes ?? [])
    .filter((volume) => isLeftover(volume) && busyOf(volume) === null)
    .map(leftoverId);
  return leftovers.length === 0 ? null : { leftovers: leftovers.slice(0, mostLeftovers) };
};

export const offerHostRelease = onHost(({ sandbox }) => {
  const ready = sandbox.volumes.filter(
    (volume) => volume.kind === 'dm-snapshot' && volume.presence === 'whole' && stateOf(volume) === 'pending',
  );
  return {
    label: 'Take all off line',
    group: 'maintenance',
    excuse: ready.length === 0 ? 'No sandbox volume is on line without being in use.' : null,
    input: {},
    fields: [],
  };
});

export const offerSettings = onHost(({ sandbox }) => {
  const facts = sandbox.drivers.find((each) => each.driver === driver)?.facts ?? [];
  return {
    label: 'Set up…',
    group: 'change',
    excuse: null,
    input: {},
    fields: [
      textField('root', 'Folder', describedIn(facts, 'Folder') ?? defaultSettings.root, {
        help: 'Templates and volumes live below it. It cannot change while there are any.',
        maxLength: 200,
      }),
      textField(
        'prefix',
        'Prefix of devices',
        describedIn(facts, 'Prefix of devices') ?? defaultSettings.prefix,
        {
          help: 'Devices with another one are listed and never touched.',
          maxLength: 32,
        },
      ),
      sizeField(
        'defaultSize',
        'Default size',
        describedIn(facts, 'Default size') ?? formatSize(defaultSizeMib * mebibyte),
      ),
    ],
  };
});

export const offerTemplateExpand = onTemplate(({ name, facts, visibility }) => ({
  label: 'Expand to the default size',
  group: 'change',
  excuse:
    visibility === null
      ? 'Add it as a template first.'
      : describedIn(facts, 'Volumes of it') === null
        ? null
        : 'Sandbox volumes are made of it: changing it would damage them.',
  input: { name },
  fields: [],
}));

/** Every template that is smaller than what sandboxes get and that none is made of: W5 and W8, when a host is first read. */
export const expandDue: Due = ({ sandbox }) => {
  const items = (sandbox?.templates ?? []).flatMap((template) => {
    const offer = offerTemplateExpand({ kind: 'sandbox-template', template });
    const isSmall = describedIn(template.facts, smallerThanDefault) !== null;
    return offer === null || offer.excuse !== null || !isSmall ? [] : [offer.input];
  });
  return items.length === 0 ? null : { items, goOn: true };
};

export const offerTemplateDestroy = onTemplate(({ name, facts }) => ({
  label: 'Destroy template',
  group: 'destroy',
  excuse: describedIn(facts, 'Volumes of it') === null ? null : 'Sandbox volumes are made of it.',
  input: { name, asTeam: null },
  fields: [],
}));

const idOf = ({ id }: SandboxVolume): string => id.slice('dm:'.length);

export const offerVolumeRestore = onVolume((volume, state) => ({
  label: 'Restore (put on line)',
  group: 'change',
  excuse:
    state === 'running'
      ? inUse
      : state === 'paused' || state === 'hibernated'
        ? 'It is paused. Resume it instead.'
        : state === 'error'
          ? (volume.problems[0]?.text ?? 'It is lost.')
          : null,
  input: { id: idOf(volume) },
  fields: [],
}));

export const offerVolumeRemove = onVolume((volume, state) => ({
  label: 'Remove device (take off line)',
  group: 'change',
  excuse:
    state === 'running'
      ? inUse
      : describedIn(volume.facts, 'Device') === null
        ? 'It is off line already.'
        : null,
  input: { id: idOf(volume) },
  fields: [],
}));

export const offerVolumePause = onVolume((volume, state) => ({
  label: 'Pause',
  group: 'change',
  excuse:
    state === 'running'
      ? inUse
      : state === 'pending' || state === 'stopped'
        ? null
        : state === 'error'
          ? (volume.problems[0]?.text ?? 'It is lost.')
          : state === 'starting'
            ? 'Something of it is half done. Clean up first.'
            : 'It is paused already.',
  input: { id: idOf(volume) },
  fields: [],
}));

export const offerVolumeResume = onVolume((volume, state) => ({
  label: 'Resume',
  group: 'change',
  excuse: state === 'paused' || state === 'hibernated' ? null : 'It is not paused.',
  input: { id: idOf(volume) },
  fields: [],
}));

export const offerVolumeGrow = onVolume((volume, state) => ({
  label: 'Give more room for changes…',
  group: 'change',
  excuse:
    state === 'error'
      ? (volume.problems[0]?.text ?? 'It is lost.')
      : state === 'paused' || state === 'hibernated'
        ? 'It is paused. Resume it first.'
        : null,
  input: { id: idOf(volume) },
  fields: [
    sizeField(
      'size',
      'Room for changes',
      formatSize(2 * (volume.capacityBytes ?? defaultSizeMib * mebibyte)),
      {
        help: 'It only grows, also while it is in use.',
      },
    ),
  ],
}));

export const offerVolumeFlatten = onVolume((volume, state) => ({
  label: 'Flatten into a template…',
  group: 'snapshot',
  excuse:
    state === 'running'
      ? inUse
      : state === 'error'
        ? (volume.problems[0]?.text ?? 'It is lost.')
        : state === 'paused' || state === 'hibernated'
          ? 'It is paused. Resume it first.'
          : null,
  input: { id: idOf(volume) },
  fields: [
    volumeField(
      'name',
      'Name of the template',
      'It needs no other template, and lasts when the sandbox goes.',
    ),
    textField('team', 'Team', describedIn(volume.facts, 'Team') ?? platformTeam, {
      help: teamHelp,
      maxLength: 36,
    }),
  ],
}));

export const offerVolumeDestroy = onVolume((volume, state) => ({
  label: 'Destroy volume',
  group: 'destroy',
  excuse: state === 'running' ? inUse : null,
  input: { id: idOf(volume) },
  fields: [],
}));
