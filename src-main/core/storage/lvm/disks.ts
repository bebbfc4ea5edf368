import type { diskReport } from './commands';

export type DiskRow = ReturnType<typeof diskReport.parse>[number];

/** pv_attr (pvs(8)): 1 allocatable, 2 exported, 3 missing; `pv_missing` says it in a word where it is known. */
export const isMissing = (disk: DiskRow): boolean => disk.missing !== '' || disk.attributes[2] === 'm';
export const isAllocatable = (disk: DiskRow): boolean => disk.attributes.startsWith('a');
