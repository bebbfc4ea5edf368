import { randomUUID } from 'node:crypto';
import type { Database } from 'better-sqlite3';

/** A file that was being written when it was recorded. Paths are absolute, on the side they lie on. */
export interface TransferRecord {
  id: string;
  side: 'host' | 'laptop';
  hostId: string;
  hostName: string;
  /** On a host the folder of the sandbox volume that the file is in; on this computer null. */
  root: string | null;
  /** Its name until it is whole. */
  partPath: string;
  /** The name that it gets then. */
  targetPath: string;
  startedAtMs: number;
}

/** One file under way. */
export interface OpenPart {
  /** Nothing is left under the name of the part. */
  gone(): void;
  /** Nobody writes it any more; what may be left of it stays recorded. */
  ended(): void;
}

/** Told of every file before its first byte, so that a crash leaves none that nobody knows of. */
export interface PartJournal {
  /** Durable when it returns. Throws what the database throws: then nothing may be written. */
  begin(partPath: string, targetPath: string): OpenPart;
}

interface Row {
  id: string;
  side: TransferRecord['side'];
  host_id: string;
  host_name: string;
  root: string | null;
  part_path: string;
  target_path: string;
  started_at_ms: number;
}

const recordOf = (row: Row): TransferRecord => ({
  id: row.id,
  side: row.side,
  hostId: row.host_id,
  hostName: row.host_name,
  root: row.root,
  partPath: row.part_path,
  targetPath: row.target_path,
  startedAtMs: row.started_at_ms,
});

type About = Pick<TransferRecord, 'side' | 'hostId' | 'hostName' | 'root'>;

/** Transfers under way, in app.sqlite; what stands there and is not under way was cut off. */
export class TransferJournal {
  readonly #underWay = new Set<string>();

  constructor(
    private readonly db: Database,
    private readonly nowMs: () => number,
  ) {}

  /** Of files in a volume of a host. @param root its folder, as the host resolves it */
  onHost({ id, name }: { id: string; name: string }, root: string): PartJournal {
    return this.#for({ side: 'host', hostId: id, hostName: name, root });
  }

  /** Of files that come from a host to this computer. */
  onLaptop({ id, name }: { id: string; name: string }): PartJournal {
    return this.#for({ side: 'laptop', hostId: id, hostName: name, root: null });
  }

  /** What a transfer may have left behind, oldest first. */
  cutOff(): TransferRecord[] {
    return this.db
      .prepare<[], Row>('SELECT * FROM transfers ORDER BY started_at_ms, id')
      .all()
      .filter(({ id }) => !this.#underWay.has(id))
      .map(recordOf);
  }

  forget(id: string): void {
    this.db.prepare('DELETE FROM transfers WHERE id = ?').run(id);
  }

  /** The host was removed: nobody looks there any more. */
  forgetHost(hostId: string): void {
    this.db.prepare("DELETE FROM transfers WHERE host_id = ? AND side = 'host'").run(hostId);
  }

  #for(about: About): PartJournal {
    return {
      begin: (partPath, targetPath) => {
        const id = randomUUID();
        const { side, hostId, hostName, root } = about;
        // Before the row is there: whoever asks in between must not take it for one that was cut off.
        this.#underWay.add(id);
        try {
          this.db.transaction(() => {
            // What an earlier transfer left by that name is what this one overwrites.
            this.db
              .prepare('DELETE FROM transfers WHERE side = ? AND host_id = ? AND part_path = ?')
              .run(side, hostId, partPath);
            this.db
              .prepare('INSERT INTO transfers VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
              .run(id, side, hostId, hostName, root, partPath, targetPath, this.nowMs());
          })();
        } catch (thrown) {
          this.#underWay.delete(id);
          throw thrown;
        }
        return {
          gone: () => this.forget(id),
          ended: () => void this.#underWay.delete(id),
        };
      },
    };
  }
}
