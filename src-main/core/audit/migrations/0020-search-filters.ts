import type { Migration } from '../../data/migrate';

/**
 * The index holds outcome and action of an operation as words of their own (search-index.ts). An index without them
 * would find nothing, so it is emptied; the next search builds it anew.
 */
export const migration: Migration = {
  version: 20,
  name: 'search-filters',
  up: (db) => {
    db.exec(`
      INSERT INTO search (search) VALUES ('delete-all');
      DELETE FROM meta WHERE name = 'indexed-seq';
    `);
  },
};
