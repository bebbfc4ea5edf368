import type { BenchRow } from './types';
export const rows: BenchRow[] = [];
