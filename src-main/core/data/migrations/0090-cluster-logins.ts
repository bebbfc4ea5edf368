import type { Migration } from '../migrate';

/** A cluster's login is a token or a password, certificate authorities are kept, and nodes have hosts. */
export const migration: Migration = {
  version: 90,
  name: 'cluster-logins',
  up: (db) => {
    db.exec(`
      UPDATE clusters SET body = json_remove(
        json_set(body, '$.login', json_object('kind', 'token', 'tokenId', json_extract(body, '$.tokenId'))),
        '$.tokenId'
      ) WHERE json_extract(body, '$.tokenId') IS NOT NULL;
      CREATE TABLE authorities (
        sha256 TEXT PRIMARY KEY,
        pem TEXT NOT NULL,
        added_at_ms INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE cluster_authorities (
        cluster_id TEXT PRIMARY KEY,
        pem TEXT NOT NULL,
        read_at_ms INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE node_hosts (
        cluster_id TEXT NOT NULL,
        node TEXT NOT NULL,
        host_id TEXT NOT NULL,
        PRIMARY KEY (cluster_id, node)
      ) STRICT;
    `);
  },
};
