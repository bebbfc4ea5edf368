import { z } from 'zod';
import { readJson } from '../unexpected';

/** A block device of `lsblk -J -b` with what lies on it. */
export interface Block {
  /** Kernel name: `vdb`, `md0`. */
  name: string;
  path: string;
  /** `disk`, `part`, `raid1`, `lvm`, `crypt`, `loop` … */
  type: string;
  sizeBytes: number;
  readOnly: boolean;
  removable: boolean;
  /** As udev last saw it. */
  content: string | null;
  mountpoint: string | null;
  serial: string | null;
  model: string | null;
  children: Block[];
}

const text = z.string().nullish();
/** util-linux 2.36 and later print numbers and booleans, older ones text. */
const flag = z.union([z.boolean(), z.enum(['0', '1'])]).transform((value) => value === true || value === '1');
const size = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number), z.null()]);

interface RawBlock {
  kname: string;
  path: string;
  type: string;
  size: number | null;
  ro: boolean;
  rm: boolean;
  fstype?: string | null | undefined;
  mountpoint?: string | null | undefined;
  serial?: string | null | undefined;
  model?: string | null | undefined;
  children?: RawBlock[] | undefined;
}
const blockSchema: z.ZodType<RawBlock> = z.lazy(() =>
  z.object({
    kname: z.string(),
    path: z.string(),
    type: z.string(),
    size,
    ro: flag,
    rm: flag,
    fstype: text,
    mountpoint: text,
    serial: text,
    model: text,
    children: z.array(blockSchema).optional(),
  }),
);
const answerSchema = z.object({ blockdevices: z.array(blockSchema) });

function trimmed(value: string | null | undefined): string | null {
  const word = value?.trim() ?? '';
  return word === '' ? null : word;
}

function toBlock(raw: RawBlock): Block {
  return {
    name: raw.kname,
    path: raw.path,
    type: raw.type,
    sizeBytes: raw.size ?? 0,
    readOnly: raw.ro,
    removable: raw.rm,
    content: trimmed(raw.fstype),
    mountpoint: trimmed(raw.mountpoint),
    serial: trimmed(raw.serial),
    model: trimmed(raw.model),
    children: (raw.children ?? []).map(toBlock),
  };
}

/** The roots of the tree. An array stands below each of its members. Throws `unexpected-output`. */
export function parseBlocks(stdout: string): Block[] {
  return readJson('lsblk', stdout, answerSchema).blockdevices.map(toBlock);
}

/** Every device once, parents before children. */
export function allBlocks(roots: readonly Block[]): Map<string, Block> {
  const found = new Map<string, Block>();
  const visit = (block: Block): void => {
    if (!found.has(block.name)) found.set(block.name, block);
    block.children.forEach(visit);
  };
  roots.forEach(visit);
  return found;
}

/** What lies on a device, one phrase each: `ext4, mounted at /srv`, `lvm vg0-data`. Empty: nothing. */
export function contentOf(block: Block): string[] {
  const phrases: string[] = [];
  if (block.mountpoint === '[SWAP]') phrases.push('swap, in use');
  else if (block.mountpoint !== null)
    phrases.push(`${block.content ?? 'a file system'}, mounted at ${block.mountpoint}`);
  else if (block.content !== null) phrases.push(block.content);
  for (const child of block.children) {
    const mount = child.mountpoint === null ? '' : `, mounted at ${child.mountpoint}`;
    phrases.push(`${child.type === 'part' ? 'partition' : child.type} ${child.path}${mount}`);
  }
  return phrases;
}

/** Mounts, swap and devices that keep it open. Partitions count by what is on them. */
export function usersOf(block: Block): string[] {
  const own =
    block.mountpoint === null
      ? []
      : [
          block.mountpoint === '[SWAP]'
            ? `${block.path} is swap in use`
            : `${block.path} is mounted at ${block.mountpoint}`,
        ];
  return [
    ...own,
    ...block.children.flatMap((child) => {
      const above = usersOf(child);
      if (child.type === 'part' || above.length > 0) return above;
      return [`${child.path} (${child.type}) is built on it`];
    }),
  ];
}
