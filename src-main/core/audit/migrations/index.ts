import type { Migration } from '../../data/migrate';
import { migration as chain } from './0010-chain';
import { migration as searchFilters } from './0020-search-filters';

/** Formats of an audit file, oldest first. */
export const auditMigrations: readonly Migration[] = [chain, searchFilters];
