/**
 * Properties of datasets that Holdfast sets, and the values it sends. A property that is not here is never set.
 * zfsprops(7), OpenZFS 2.1.
 */

type Applies = 'filesystem' | 'volume' | 'both';

interface SafePropertyTraits {
  applies: Applies;
  title: string;
  /** The words it takes; null: a size. */
  values: readonly string[] | null;
  /** A size may also be `none`. */
  none: boolean;
  /** `zfs inherit` works on it. */
  inherits: boolean;
  help: string;
}

const compressions = [
  'on',
  'off',
  'lz4',
  'zstd',
  'zstd-3',
  'zstd-6',
  'zstd-9',
  'zstd-19',
  'zstd-fast',
  'gzip',
  'gzip-9',
  'zle',
  'lzjb',
] as const;
export const recordSizes = ['4K', '8K', '16K', '32K', '64K', '128K', '256K', '512K', '1M'] as const;
const switches = ['on', 'off'] as const;

const traits = {
  compression: {
    applies: 'both',
    title: 'Compression',
    values: compressions,
    none: false,
    inherits: true,
    help: 'Applies to what is written from now on.',
  },
  atime: {
    applies: 'filesystem',
    title: 'Record access times (atime)',
    values: switches,
    none: false,
    inherits: true,
    help: 'off saves a write for every read.',
  },
  quota: {
    applies: 'filesystem',
    title: 'Quota',
    values: null,
    none: true,
    inherits: false,
    help: 'Most that the dataset, its children and their snapshots may take.',
  },
  refquota: {
    applies: 'filesystem',
    title: 'Quota without snapshots (refquota)',
    values: null,
    none: true,
    inherits: false,
    help: 'Most that the dataset itself may take.',
  },
  reservation: {
    applies: 'both',
    title: 'Reservation',
    values: null,
    none: true,
    inherits: false,
    help: 'Space kept free in the pool for the dataset, its children and their snapshots.',
  },
  refreservation: {
    applies: 'both',
    title: 'Reservation without snapshots (refreservation)',
    values: null,
    none: true,
    inherits: false,
    help: 'Space kept free for the dataset itself.',
  },
  recordsize: {
    applies: 'filesystem',
    title: 'Record size',
    values: recordSizes,
    none: false,
    inherits: true,
    help: 'Largest block of files that are written from now on.',
  },
  volsize: {
    applies: 'volume',
    title: 'Size of the volume',
    values: null,
    none: false,
    inherits: false,
    help: 'Holdfast only lets a volume grow.',
  },
  readonly: {
    applies: 'both',
    title: 'Read-only',
    values: switches,
    none: false,
    inherits: true,
    help: 'on: nothing can be written.',
  },
  snapdir: {
    applies: 'filesystem',
    title: 'Folder .zfs',
    values: ['hidden', 'visible'],
    none: false,
    inherits: true,
    help: 'Whether the folder with the snapshots shows in listings.',
  },
  sync: {
    applies: 'both',
    title: 'Synchronous writes (sync)',
    values: ['standard', 'always', 'disabled'],
    none: false,
    inherits: true,
    help: 'disabled loses up to some seconds of what programs believe to be written.',
  },
} as const satisfies Record<string, SafePropertyTraits>;

export type SafeProperty = keyof typeof traits;
export const safeProperties = Object.keys(traits).filter(isSafeProperty);

export function isSafeProperty(name: string): name is SafeProperty {
  return Object.hasOwn(traits, name);
}

export function traitsOf(property: SafeProperty): SafePropertyTraits {
  return traits[property];
}

export function appliesTo(property: SafeProperty, kind: 'filesystem' | 'volume'): boolean {
  const { applies } = traits[property];
  return applies === 'both' || applies === kind;
}

const units = { K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 } as const;
export const sizePattern = /^[1-9]\d{0,6}[KMGT]$/;

/** Bytes of `512M`. null: not a size. */
export function sizeBytes(text: string): number | null {
  if (!sizePattern.test(text)) return null;
  const unit = text.slice(-1) as keyof typeof units;
  return Number(text.slice(0, -1)) * units[unit];
}

/** Whether Holdfast sends this value for this property. */
export function takesValue(property: SafeProperty, value: string): boolean {
  const { values, none } = traitsOf(property);
  if (values !== null) return values.includes(value);
  return (none && value === 'none') || sizeBytes(value) !== null;
}

/** The value as `zfs get -p` prints it: bytes, and 0 for `none`. */
export function exactValue(property: SafeProperty, value: string): string {
  if (value === 'none') return '0';
  const isSize = traitsOf(property).values === null || property === 'recordsize';
  return isSize ? String(sizeBytes(value) ?? value) : value;
}

/** What the values are, in words: `on, off` or `a size such as 10G, or none`. */
export function describeValues(property: SafeProperty): string {
  const { values, none } = traitsOf(property);
  return values === null ? `a size such as 10G${none ? ', or none' : ''}` : values.join(', ');
}
