import { z } from 'zod';
import { inheritPropertyArgv, setPropertyArgv } from '../../../storage/zfs/dataset-commands';
import { poolOf } from '../../../storage/zfs/commands';
import {
  appliesTo,
  describeValues,
  exactValue,
  safeProperties,
  sizeBytes,
  takesValue,
  traitsOf,
  type SafeProperty,
} from '../../../storage/zfs/properties';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { choiceField, textField } from '../fields';
import { bytes, hint } from '../words';
import { propertyFailures } from './dataset-failures';
import { readProperties, zfsVolumeOf, type PropertyValue } from './dataset-reads';
import { datasetNameSchema, poolBlockers, readPool } from './reads';

const input = z
  .strictObject({
    dataset: datasetNameSchema,
    property: z.enum(safeProperties),
    value: z
      .string()
      .min(1)
      .max(32)
      .regex(/^[A-Za-z0-9][A-Za-z0-9-]*$/),
  })
  .refine(({ property, value }) => takesValue(property, value), {
    error: 'is not a value of this property',
    path: ['value'],
  });
type Input = z.infer<typeof input>;

/** Read beside the property itself: what the new value is measured against. */
const measures = ['type', 'used', 'referenced', 'available', 'volsize'] as const;

function shown(property: SafeProperty, value: string): string {
  if (traitsOf(property).values !== null && property !== 'recordsize') return value;
  if (value === '0') return 'none';
  return /^\d+$/.test(value) ? bytes(Number(value)) : value;
}

/** What brings the old value back. */
function undoOf(dataset: string, property: SafeProperty, old: PropertyValue): string | null {
  if (property === 'volsize') return null;
  if (old.source !== 'local' && old.source !== 'received' && traitsOf(property).inherits) {
    return hint(...inheritPropertyArgv(dataset, property));
  }
  const value = old.value === '0' && traitsOf(property).none ? 'none' : old.value;
  return hint(...setPropertyArgv(dataset, property, value));
}

function effects(
  property: SafeProperty,
  value: string,
  known: ReadonlyMap<string, PropertyValue>,
): { blockers: Blocker[]; consequences: Consequence[] } {
  const blockers: Blocker[] = [];
  const consequences: Consequence[] = [];
  const warn = (text: string): void => {
    consequences.push({ severity: 'warning', text, items: [] });
  };
  const numberOf = (name: string): number | null => {
    const found = known.get(name)?.value;
    return found !== undefined && /^\d+$/.test(found) ? Number(found) : null;
  };
  const asked = value === 'none' ? null : sizeBytes(value);
  const [used, referenced, available, size] = ['used', 'referenced', 'available', 'volsize'].map(numberOf);
  switch (property) {
    case 'volsize':
      if (size !== null && size !== undefined && asked !== null && asked <= size) {
        blockers.push({
          text:
            asked === size
              ? `The volume has ${bytes(size)} already.`
              : `The volume has ${bytes(size)}: making it smaller cuts off what lies behind.`,
          remedy: 'Choose a larger size. Holdfast only lets a volume grow.',
        });
      }
      consequences.push({
        severity: 'info',
        text: 'What is on the volume has to be grown as well: the partition, then the file system.',
        items: [],
      });
      break;
    case 'quota':
      if (asked !== null && used !== null && used !== undefined && asked < used) {
        blockers.push({
          text: `The dataset uses ${bytes(used)}, more than the quota of ${value}.`,
          remedy: 'Choose a larger quota, or free space in it first.',
        });
      }
      break;
    case 'refquota':
      if (asked !== null && referenced !== null && referenced !== undefined && asked < referenced) {
        blockers.push({
          text: `The dataset holds ${bytes(referenced)}, more than the quota of ${value}.`,
          remedy: 'Choose a larger quota, or free space in it first.',
        });
      }
      break;
    case 'reservation':
    case 'refreservation':
      if (
        asked !== null &&
        available !== null &&
        available !== undefined &&
        asked > available + (used ?? 0)
      ) {
        blockers.push({
          text: `There are ${bytes(available)} free, less than ${value} would keep.`,
          remedy: 'Choose a smaller size, or free space first.',
        });
      }
      if (property === 'refreservation' && asked === null && known.get('type')?.value === 'volume') {
        warn('The volume becomes sparse: when the pool is full, writes to it fail.');
      }
      break;
    case 'sync':
      if (value === 'disabled') {
        warn(
          'A power cut or crash then loses up to some seconds of what databases, guests and NFS clients believe to be safely written.',
        );
      }
      break;
    case 'readonly':
      if (value === 'on') warn('Programs that write there fail from now on.');
      break;
    case 'compression':
    case 'recordsize':
      consequences.push({
        severity: 'info',
        text: 'It applies to what is written from now on; what is there stays as it is.',
        items: [],
      });
      break;
    case 'atime':
    case 'snapdir':
      break;
  }
  return { blockers, consequences };
}

export const zfsPropertySet: ActionDefinition<Input> = {
  id: 'zfs.property.set',
  title: 'Set property of ZFS dataset',
  backend: 'zfs',
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  offer(subject) {
    const volume = zfsVolumeOf(subject);
    if (volume === null) return null;
    const kind = volume.kind === 'zvol' ? 'volume' : 'filesystem';
    return {
      label: 'Set property…',
      group: 'change',
      excuse: null,
      input: { dataset: volume.name },
      fields: [
        choiceField(
          'property',
          'Property',
          safeProperties
            .filter((property) => appliesTo(property, kind))
            .map((property) => ({
              value: property,
              label: traitsOf(property).title,
              hint: `${describeValues(property)}. ${traitsOf(property).help}`,
            })),
        ),
        textField('value', 'Value', '', {
          maxLength: 32,
          help: 'As the property takes it: a word, or a size such as 10G. "none" lifts a quota or reservation.',
        }),
      ],
    };
  },

  async plan(context, { dataset, property, value }) {
    const [pool, known] = await Promise.all([
      readPool(context, poolOf(dataset)),
      readProperties(context, dataset, [...new Set([property, ...measures])]),
    ]);
    const blockers = poolBlockers(pool, poolOf(dataset));
    const consequences: Consequence[] = [];
    const old = known?.get(property) ?? null;
    const kind = known?.get('type')?.value === 'volume' ? 'volume' : 'filesystem';
    if (pool !== null && (known === null || old === null)) {
      blockers.push({
        text: `There is no dataset ${dataset} on this host.`,
        remedy: 'Refresh the host and choose one that is there.',
      });
    }
    if (known !== null && old !== null) {
      if (!appliesTo(property, kind)) {
        blockers.push({
          text: `${dataset} is a ${kind === 'volume' ? 'volume' : 'file system'}: it has no ${property}.`,
          remedy: 'Choose another property.',
        });
      } else {
        consequences.push({
          severity: 'info',
          text: `${property} of ${dataset}: ${shown(property, old.value)} (${old.source}) becomes ${value}.${traitsOf(property).inherits ? ' Datasets below that inherit it get it as well.' : ''}`,
          items: [],
        });
        const more = effects(property, value, known);
        blockers.push(...more.blockers);
        consequences.push(...more.consequences);
      }
    }
    return {
      risk: 'safe',
      target: { kind: kind === 'volume' ? 'volume' : 'dataset', name: dataset },
      steps: [
        {
          title: `Set ${property} of ${dataset}`,
          argv: setPropertyArgv(dataset, property, value),
          explain: `zfs set gives the dataset a value of its own. ${traitsOf(property).help}`,
          acceptExitCodes: [0],
          timeoutSeconds: 120,
        },
      ],
      consequences,
      blockers,
      undo: old === null ? null : undoOf(dataset, property, old),
      preconditions: { pool: pool?.guid ?? null, old: old === null ? null : { ...old } },
    };
  },

  async verify(context, { dataset, property, value }) {
    const known = await readProperties(context, dataset, [property]);
    const now = known?.get(property);
    if (now === undefined) return { status: 'not-there', text: `There is no dataset ${dataset} any more.` };
    return now.value === exactValue(property, value) || now.value === value
      ? { status: 'confirmed', text: `${property} of ${dataset} is ${value}.` }
      : { status: 'not-there', text: `${property} of ${dataset} is ${shown(property, now.value)}.` };
  },

  explainFailure: (exitCode, stderr) => explain(propertyFailures, exitCode, stderr),
};
