import { z } from 'zod';
import { parentOf, renameDatasetArgv } from '../../../storage/zfs/dataset-commands';
import { poolOf, zfsNameLimit } from '../../../storage/zfs/commands';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { textField } from '../fields';
import { hint, listed, plural } from '../words';
import { renameFailures } from './dataset-failures';
import { newDatasetNameSchema, readNewPlace, samePool, zfsVolumeOf } from './dataset-reads';
import { readUsers } from './pool-reads';
import { datasetNameSchema, poolBlockers, readDatasetTree, readPool } from './reads';

const input = z
  .strictObject({ dataset: datasetNameSchema, newName: newDatasetNameSchema })
  .refine(({ dataset, newName }) => samePool(dataset, newName), {
    error: 'must be in the same pool',
    path: ['newName'],
  })
  .refine(({ dataset, newName }) => newName !== dataset && !newName.startsWith(`${dataset}/`), {
    error: 'must be another name, and not below the dataset itself',
    path: ['newName'],
  })
  .refine(({ dataset }) => dataset.includes('/'), {
    error: 'is the pool itself, which only an import renames',
    path: ['dataset'],
  });
type Input = z.infer<typeof input>;

const mostLookedInto = 20;

export const zfsDatasetRename: ActionDefinition<Input> = {
  id: 'zfs.dataset.rename',
  title: 'Rename ZFS dataset',
  backend: 'zfs',
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  offer(subject) {
    const volume = zfsVolumeOf(subject);
    if (volume === null) return null;
    return {
      label: 'Rename or move…',
      group: 'change',
      excuse: volume.name.includes('/')
        ? null
        : 'It is the pool itself; only an import gives it another name.',
      input: { dataset: volume.name },
      fields: [
        textField('newName', 'New name', volume.name, {
          maxLength: zfsNameLimit,
          help: `The full name, in pool ${poolOf(volume.name)}. Another parent moves it there.`,
        }),
      ],
    };
  },

  async plan(context, { dataset, newName }) {
    const [pool, tree, found] = await Promise.all([
      readPool(context, poolOf(dataset)),
      readDatasetTree(context, dataset),
      readNewPlace(context, newName),
    ]);
    const [self] = tree;
    const blockers: Blocker[] = poolBlockers(pool, poolOf(dataset));
    if (pool !== null) {
      if (self === undefined) {
        blockers.push({
          text: `There is no dataset ${dataset} on this host.`,
          remedy: 'Refresh the host and choose one that is there.',
        });
      }
      blockers.push(...found.blockers);
    }
    const grown = newName.length - dataset.length;
    const tooLong = tree.find(({ name }) => name.length + grown > zfsNameLimit);
    if (tooLong !== undefined) {
      blockers.push({
        text: `With this name ${tooLong.name} would be longer than ${zfsNameLimit} characters.`,
        remedy: 'Choose a shorter name.',
      });
    }
    const mounted = tree.filter((row) => row.mounted === true && row.mountpoint?.startsWith('/') === true);
    if (mounted.some(({ mountpoint }) => mountpoint === '/')) {
      blockers.push({
        text: `${dataset} holds the root file system of this host.`,
        remedy: 'It is not renamed while the host runs on it.',
      });
    }
    const users = await Promise.all(
      mounted
        .filter(({ mountpoint }) => mountpoint !== '/')
        .slice(0, mostLookedInto)
        .map(async ({ mountpoint }) => ({
          mountpoint: mountpoint ?? '/',
          pids: await readUsers(context, mountpoint ?? '/'),
        })),
    );
    for (const { mountpoint, pids } of users) {
      if (pids === null || pids.length === 0) continue;
      blockers.push({
        text: `${mountpoint} is in use by ${plural(pids.length, 'process', 'processes')}: ${listed(pids)}.`,
        remedy: `See who that is with ${hint('fuser', '-vm', mountpoint)}, stop it, then plan it again.`,
      });
    }
    const consequences: Consequence[] = [
      {
        severity: 'info',
        text: `Its ${tree.length > 1 ? `${plural(tree.length - 1, 'dataset', 'datasets')} below, its ` : ''}snapshots and holds come along. Jobs, exports and backups that name ${dataset} do not find it any more.`,
        items: tree.slice(1).map(({ name, usedBytes }) => ({ name, sizeBytes: usedBytes })),
      },
    ];
    if (mounted.length > 0) {
      consequences.push({
        severity: 'warning',
        text: `${plural(mounted.length, 'file system is', 'file systems are')} unmounted for a moment and mounted where the new name puts ${mounted.length === 1 ? 'it' : 'them'}, unless a mount point of its own says otherwise.`,
        items: mounted.map(({ name, mountpoint }) => ({
          name: `${name} at ${mountpoint ?? '?'}`,
          sizeBytes: null,
        })),
      });
    }
    const volumes = tree.filter(({ type }) => type === 'volume');
    if (volumes.length > 0) {
      consequences.push({
        severity: 'warning',
        text: 'Block devices get another path below /dev/zvol: guests and services that name the old one do not find it.',
        items: volumes.map(({ name, volumeBytes }) => ({ name, sizeBytes: volumeBytes })),
      });
    }
    return {
      risk: 'safe',
      target: { kind: self?.type === 'volume' ? 'volume' : 'dataset', name: dataset },
      steps: [
        {
          title: `Rename ${dataset} to ${newName}`,
          argv: renameDatasetArgv(dataset, newName),
          explain:
            parentOf(dataset) === parentOf(newName)
              ? 'zfs rename gives the dataset another name at once, whatever its size. Without -f it refuses while a file system is in use.'
              : 'zfs rename moves the dataset to another parent at once; no data is copied. Without -f it refuses while a file system is in use.',
          acceptExitCodes: [0],
          timeoutSeconds: 300,
        },
      ],
      consequences,
      blockers,
      undo: isRenamable(dataset) ? hint('zfs', 'rename', newName, dataset) : null,
      preconditions: {
        datasets: tree.map(({ name, guid }) => ({ name, guid })),
        parent: found.parent?.guid ?? null,
        taken: found.taken,
      },
    };
  },

  async verify(context, { dataset, newName }, { preconditions }) {
    const { datasets } = z
      .object({ datasets: z.array(z.object({ name: z.string(), guid: z.string() })) })
      .parse(preconditions);
    const guid = datasets.find(({ name }) => name === dataset)?.guid;
    const [row] = await readDatasetTree(context, newName);
    return row !== undefined && row.guid === guid
      ? { status: 'confirmed', text: `${dataset} is now ${newName}.` }
      : { status: 'not-there', text: `${newName} is not ${dataset}.` };
  },

  explainFailure: (exitCode, stderr) => explain(renameFailures, exitCode, stderr),
};

/** Names people gave before Holdfast may hold what it does not give itself. */
function isRenamable(dataset: string): boolean {
  return newDatasetNameSchema.safeParse(dataset).success;
}
