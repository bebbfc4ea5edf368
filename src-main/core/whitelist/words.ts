/**
 * What may stand where a command names something. `sample` is a valid value that no literal word of ours contains: the
 * command builders take it, and what they return is then read as a pattern. So a rule can't drift from its builder.
 */
export interface WordClass {
  sample: string;
  /**
   * Characters as a POSIX extended regular expression without anchors, groups that capture nothing, or look-ahead.
   * Never a space, quote or character that a shell reads: hosts match it against a whole line.
   */
  plain: string;
  /** Also what Holdfast itself sends but a host's rules leave to an administrator, such as spaces in names. */
  wide?: string;
}

const lvmName = '[A-Za-z0-9+_.][A-Za-z0-9+_.-]*';
const device =
  '/dev/(disk/by-(id|path|partuuid)/[A-Za-z0-9][A-Za-z0-9_.:+@=-]*|mapper/[A-Za-z0-9][A-Za-z0-9_.+-]*|[a-z][A-Za-z0-9_-]*)';

/** By the name a rule file uses. */
export const words = {
  lvmName: { sample: 'hfzlvm', plain: lvmName },
  /** A second name in one command, where the builder wants another one. */
  lvmOther: { sample: 'hfzother', plain: lvmName },
  lvmSize: { sample: '987654K', plain: '[1-9][0-9]{0,6}[KMGT]' },
  device: { sample: '/dev/disk/by-id/hfz-one', plain: device },
  deviceOther: { sample: '/dev/disk/by-id/hfz-two', plain: device },
  /** A word of this sample stands for one or more devices. */
  devices: { sample: '/dev/disk/by-id/hfz-many', plain: device },
  devicesOther: { sample: '/dev/disk/by-id/hfz-more', plain: device },
  array: { sample: '/dev/md987', plain: '/dev/md[0-9]{1,3}' },
  arrayNode: { sample: 'md_hfz', plain: 'md[A-Za-z0-9_.+-]{0,60}' },
  arrayUuid: {
    sample: '98765432:98765432:98765432:98765432',
    plain: '[0-9a-f]{8}(:[0-9a-f]{8}){3}',
  },
  count: { sample: '987', plain: '[0-9]{1,3}' },
  seconds: { sample: '8642', plain: '[1-9][0-9]{0,3}' },
  percent: { sample: '97', plain: '[0-9]{1,3}' },
  /** An absolute path; the tools it goes to take no options from it. */
  path: { sample: '/hfz/place', plain: '/[A-Za-z0-9_.@:+/-]*', wide: '/[^\\p{C}]*' },
  pathOther: { sample: '/hfz/other', plain: '/[A-Za-z0-9_.@:+/-]*', wide: '/[^\\p{C}]*' },
  /** A file that a restore made, by its name. */
  restoredPath: {
    sample: '/hfz/back.restored-98765432-987654',
    plain: '/[A-Za-z0-9_.@:+/-]*[.]restored-[0-9]{8}-[0-9]{6}',
    wide: '/[^\\p{C}]*[.]restored-[0-9]{8}-[0-9]{6}',
  },
  uuid: {
    sample: '98765432-9876-9876-9876-987654329876',
    plain: '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}',
  },
  /** Of FAT it is the serial number. */
  filesystemUuid: {
    sample: '98765432-9876-9876-9876-987654329877',
    plain: '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-F]{4}-[0-9A-F]{4}',
  },
  /** The sample is one of them that no command names by itself. */
  filesystemType: { sample: 'exfat', plain: 'ext[234]|xfs|btrfs|vfat|exfat' },
  /** One folder right below a place for mounts: no dot, so nothing leads out of it. */
  mountPoint: { sample: '/mnt/hfzmount', plain: '/(mnt|media|srv)/[A-Za-z0-9_][A-Za-z0-9_-]{0,62}' },
  btrfsLabel: {
    sample: 'hfzlabel',
    plain: '[A-Za-z0-9_][A-Za-z0-9._:@+-]*',
    wide: '[A-Za-z0-9_][A-Za-z0-9 ._:@+-]*',
  },
  btrfsGeneration: { sample: '12345678909', plain: '[0-9]{1,20}' },
  zfsDataset: {
    sample: 'hfzset/hfzset',
    plain: '[A-Za-z][A-Za-z0-9_.:-]*(/[A-Za-z0-9_.:-]+)*',
    wide: '[A-Za-z][A-Za-z0-9_.: -]*(/[A-Za-z0-9_.: -]+)*',
  },
  /** A word of this sample stands for one or more snapshots; only for what changes nothing. */
  zfsSnapshots: {
    sample: 'hfzmany/hfzmany@hfzmany',
    plain: '[A-Za-z][A-Za-z0-9_.:-]*(/[A-Za-z0-9_.:-]+)*@[A-Za-z0-9_.:-]+',
    wide: '[A-Za-z][A-Za-z0-9_.: -]*(/[A-Za-z0-9_.: -]+)*@[A-Za-z0-9_.: -]+',
  },
  zfsPool: { sample: 'hfzset', plain: '[A-Za-z][A-Za-z0-9_.:-]*', wide: '[A-Za-z][A-Za-z0-9_.: -]*' },
  /** Several snapshots of one dataset, `a,b`; only for what changes nothing. */
  zfsParts: {
    sample: 'hfzparts',
    plain: '[A-Za-z0-9_.:][A-Za-z0-9_.:-]*(,[A-Za-z0-9_.:][A-Za-z0-9_.:-]*)*',
    wide: '[A-Za-z0-9_.: -]+(,[A-Za-z0-9_.: -]+)*',
  },
  /** Value of a property that the rule names. */
  zfsValue: { sample: 'hfzvalue', plain: '[A-Za-z0-9-]+' },
  /** Properties that are only read. */
  zfsProperties: { sample: 'hfzproperties', plain: '[a-z0-9:@_,.]+' },
  zfsMember: {
    sample: '/hfz/member',
    plain: '[0-9]{1,20}|/[A-Za-z0-9+.:@_/-]+',
    wide: '[0-9]{1,20}|/[A-Za-z0-9+.:@_/ -]+',
  },
  zfsGuid: { sample: '98765432109876543210', plain: '[0-9]{1,20}' },
  /** A volume, sandbox or snapshot of microsandbox. */
  msbName: { sample: 'hfzmsbone', plain: '[A-Za-z0-9][A-Za-z0-9._-]*' },
  msbOther: { sample: 'hfzmsbtwo', plain: '[A-Za-z0-9][A-Za-z0-9._-]*' },
  msbSandbox: { sample: 'hfzmsbbox', plain: '[A-Za-z0-9][A-Za-z0-9._-]{0,127}' },
  msbImage: { sample: 'hfzimage', plain: '[A-Za-z0-9][A-Za-z0-9_-]*([./:@][A-Za-z0-9_-]+)*' },
  /** A word of this sample stands for one or more mounts of named volumes. */
  msbMounts: {
    sample: '--mount-named=hfzmounted:/hfzmounted',
    plain:
      '--mount-named=[A-Za-z0-9][A-Za-z0-9._-]*:(/[A-Za-z0-9_.@+-]+)+(:(ro|(ro,)?kind=disk,size=[1-9][0-9]{0,7}M))?',
  },
  /** A word of this sample stands for a program in a sandbox and its arguments: behind `--`, where no option is read. */
  msbWords: { sample: 'hfzwords', plain: '[A-Za-z0-9_@+:,./-][A-Za-z0-9_@%+=:,./-]*', wide: '[^\\p{C}]+' },
  msbSize: { sample: '98765M', plain: '[1-9][0-9]{0,7}M' },
  /** A directory among the volumes of microsandbox, never the folder of all, nor one above it. */
  msbFolder: {
    sample: '/hfz/msb/volumes/hfzfolder',
    plain: '/[A-Za-z0-9_.@:+/-]*/volumes/[.]?[A-Za-z0-9][A-Za-z0-9._-]*',
    wide: '/[^\\p{C}]*/volumes/[.]?[A-Za-z0-9][A-Za-z0-9._-]*',
  },
  msbAside: {
    sample: '/hfz/msb/volumes-set-aside/hfzfolder',
    plain: '/[A-Za-z0-9_.@:+/-]*/volumes-set-aside/[.]?[A-Za-z0-9][A-Za-z0-9._-]*',
    wide: '/[^\\p{C}]*/volumes-set-aside/[.]?[A-Za-z0-9][A-Za-z0-9._-]*',
  },
  /** A file in the folder of archives of microsandbox, or what was left of one. */
  msbArchive: {
    sample: '/hfz/msb/archives/hfzfile',
    plain: '/[A-Za-z0-9_.@:+/-]*/archives/[.]?[A-Za-z0-9][A-Za-z0-9._-]*',
    wide: '/[^\\p{C}]*/archives/[.]?[A-Za-z0-9][A-Za-z0-9._-]*',
  },
  /** A folder whose parts begin with no dot: nothing leads out of it. */
  sandboxRoot: { sample: '/hfzbox/hfzroot', plain: '(/[A-Za-z0-9_+@][A-Za-z0-9_.+@-]*)+' },
  sandboxId: { sample: 'hfzsandbox', plain: '[A-Za-z0-9][A-Za-z0-9._-]{0,63}' },
  templateName: { sample: 'hfztemplate', plain: '[A-Za-z0-9][A-Za-z0-9._-]{0,63}' },
  /** Prefix and id; the prefix is the host's, and plans are made for no other. */
  dmName: { sample: 'hfzdm-hfzdm', plain: '[a-z][a-z0-9_.-]*-[A-Za-z0-9][A-Za-z0-9._-]*' },
  loop: { sample: '/dev/loop9876543', plain: '/dev/loop[0-9]{1,7}' },
  loopOther: { sample: '/dev/loop9876542', plain: '/dev/loop[0-9]{1,7}' },
  /** Sectors or bytes. */
  sectors: { sample: '13579135791', plain: '[1-9][0-9]{0,15}' },
  zfsPart: { sample: 'hfzpart', plain: '[A-Za-z0-9_.:][A-Za-z0-9_.:-]*', wide: '[A-Za-z0-9_.: -]+' },
} as const satisfies Record<string, WordClass>;

/** The samples by name, for the builders. */
export const sample = Object.fromEntries(
  Object.entries(words).map(([name, { sample: text }]) => [name, text]),
) as { readonly [Name in keyof typeof words]: string };

const repeated: ReadonlySet<string> = new Set([
  sample.devices,
  sample.devicesOther,
  sample.zfsSnapshots,
  sample.msbMounts,
  sample.msbWords,
]);
/** No command of ours names more objects at once. */
export const mostRepeats = 64;

export function isRepeated(word: string): boolean {
  return repeated.has(word);
}

/** Longest first, so that `/dev/md987` is not read as a count behind a name. */
const classesBySample = (Object.values(words) as WordClass[]).toSorted(
  (a, b) => b.sample.length - a.sample.length,
);
const anySample = new RegExp(
  classesBySample.map(({ sample: text }) => text.replace(/[.+/]/g, '\\$&')).join('|'),
  'g',
);
const classOf = new Map(classesBySample.map((each) => [each.sample, each]));

/**
 * The word as a regular expression: samples become what they stand for, all else stands for itself.
 * @param literal how text that stands for itself is written
 */
export function wordPattern(
  word: string,
  form: 'plain' | 'wide',
  literal: (text: string) => string = escapeRegExp,
): string {
  let pattern = '';
  let at = 0;
  for (const match of word.matchAll(anySample)) {
    const found = classOf.get(match[0]);
    if (found === undefined) throw new Error('A sample without a class.');
    pattern += literal(word.slice(at, match.index));
    pattern += `(${form === 'wide' ? (found.wide ?? found.plain) : found.plain})`;
    at = match.index + match[0].length;
  }
  return pattern + literal(word.slice(at));
}

export function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** The same without a backslash, which the files it goes into read in their own ways. */
export function bracketed(text: string): string {
  if (/[\\^]/.test(text)) throw new RangeError('No bracket expression holds this alone.');
  return text.replace(/[$.*+?()[\]{}|]/g, '[$&]');
}
