import { z } from 'zod';
import { readJson } from '../../storage/unexpected';

/** What `msb inspect NAME --format json` tells of a sandbox; captured with 0.6.18 and 0.7.2. Pure. */

const mebibyte = 1024 * 1024;

const namedMount = z.object({
  type: z.literal('Named'),
  name: z.string(),
  guest: z.string(),
  options: z.object({
    readonly: z.boolean(),
    noexec: z.boolean().optional(),
    nosuid: z.boolean().optional(),
    nodev: z.boolean().optional(),
    override_uid: z.int().nullable().optional(),
    override_gid: z.int().nullable().optional(),
  }),
  stat_virtualization: z.string().optional(),
  host_permissions: z.string().optional(),
});
const ownedMount = z.object({
  type: z.literal('Owned'),
  guest: z.string(),
  storage: z.object({ kind: z.string(), capacity_mib: z.number().nullish() }),
});
/** Folders, files and disks of the host. One of the others that can't be read is none of these. */
const otherMount = z
  .object({ type: z.string().refine((type) => type !== 'Named' && type !== 'Owned') })
  .transform(() => null);
const inspected = z.object({
  config: z.object({
    mounts: z.array(z.union([namedMount, ownedMount, otherMount])),
    // Oci: from an image; a folder or a disk of the host otherwise.
    image: z
      .object({
        Oci: z
          .object({ root_disk: z.object({ kind: z.string(), size_mib: z.number().nullish() }).nullish() })
          .optional(),
      })
      .nullish(),
    resources: z.object({ cpus: z.number(), memory_mib: z.number() }).nullish(),
  }),
});

export interface MsbMount {
  volume: string;
  guestPath: string;
  readOnly: boolean;
  /** As msb takes it: `NAME:DEST[:OPTIONS]`, without what is so by itself. */
  mount: string;
}

function mountText({ name, guest, options, ...rest }: z.infer<typeof namedMount>): string {
  const { override_uid: uid = null, override_gid: gid = null } = options;
  const { stat_virtualization: stat = 'strict', host_permissions: permissions = 'private' } = rest;
  const words = [
    ...(options.readonly ? ['ro'] : []),
    ...(['noexec', 'nosuid', 'nodev'] as const).filter((word) => options[word] === true),
    ...(stat === 'strict' ? [] : [`stat-virt=${stat}`]),
    ...(permissions === 'private' ? [] : [`host-perms=${permissions}`]),
    ...(uid === null ? [] : [`uid=${uid}`]),
    ...(gid === null ? [] : [`gid=${gid}`]),
  ];
  return [name, guest, ...(words.length === 0 ? [] : [words.join(',')])].join(':');
}

/** A volume that belongs to its sandbox, and goes with it. */
export interface MsbOwned {
  guestPath: string;
  /** `directory`, `disk` */
  kind: string;
  capacityBytes: number | null;
}

export interface MsbSandboxDetail {
  /** null: it does not say. */
  cpus: number | null;
  memoryBytes: number | null;
  rootDiskBytes: number | null;
  /** Named volumes alone. */
  mounts: MsbMount[];
  owned: MsbOwned[];
}

const fromMib = (mib: number | null = null): number | null => (mib === null ? null : mib * mebibyte);

export function parseInspected(stdout: string): MsbSandboxDetail {
  const { mounts, image, resources } = readJson('msb inspect', stdout, inspected).config;
  return {
    cpus: resources?.cpus ?? null,
    memoryBytes: fromMib(resources?.memory_mib),
    rootDiskBytes: fromMib(image?.Oci?.root_disk?.size_mib),
    mounts: mounts.flatMap((mount) =>
      mount?.type !== 'Named'
        ? []
        : [
            {
              volume: mount.name,
              guestPath: mount.guest,
              readOnly: mount.options.readonly,
              mount: mountText(mount),
            },
          ],
    ),
    owned: mounts.flatMap((mount) =>
      mount?.type !== 'Owned'
        ? []
        : [
            {
              guestPath: mount.guest,
              kind: mount.storage.kind,
              capacityBytes: fromMib(mount.storage.capacity_mib),
            },
          ],
    ),
  };
}
