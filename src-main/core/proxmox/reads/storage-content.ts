import { z } from 'zod';
import type { StorageVolume } from '../../../../src-preload/contract/volumes';
import type { ApiClient } from '../client/client';
import { apiPath } from '../client/path';
import { momentOf, optionalFlag, optionalNumber, optionalText } from '../loose';

/** `GET …/content`: keys that a storage cannot tell are left out. */
export const volumeRowsSchema = z.array(
  z.object({
    volid: z.string(),
    content: z.string(),
    format: optionalText,
    size: optionalNumber,
    ctime: optionalNumber,
    vmid: optionalNumber,
    subtype: optionalText,
    notes: optionalText,
    protected: optionalFlag,
    /** Of a Proxmox Backup Server: what it found when it last read the backup whole. */
    verification: z.object({ state: z.string().optional() }).optional(),
    /** Fingerprint of the key. */
    encrypted: optionalText,
  }),
);

export function volumeOf(row: z.infer<typeof volumeRowsSchema>[number]): StorageVolume {
  return {
    volid: row.volid,
    content: row.content,
    format: row.format ?? '',
    sizeBytes: row.size,
    createdAtMs: momentOf(row.ctime),
    vmid: row.vmid,
    subtype: row.subtype,
    notes: (row.notes ?? '').trimEnd(),
    protected: row.protected ?? false,
  };
}

export async function readVolumes(
  client: ApiClient,
  { node, storage, content }: { node: string; storage: string; content: string | null },
  signal: AbortSignal,
): Promise<StorageVolume[]> {
  const rows = await client.get(
    apiPath('/nodes/{node}/storage/{storage}/content', { node, storage }),
    volumeRowsSchema,
    {
      operation: `list what ${storage} holds`,
      query: content === null ? {} : { content },
      signal,
    },
  );
  return rows
    .map(volumeOf)
    .sort((a, b) => a.content.localeCompare(b.content) || (a.volid < b.volid ? -1 : 1));
}
