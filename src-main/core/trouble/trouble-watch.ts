/** What can be wrong with a cluster or a host, told once when it begins and once when it ends. */
export interface Condition {
  kind: 'reach' | 'quorum' | 'node' | 'health';
  /** Of the node; empty: of the whole. */
  node: string;
  /** null: this reading does not tell. */
  holds: boolean | null;
  begun: { title: string; text: string };
  ended: { title: string; text: string };
}

export interface TroubleChange {
  subjectId: string;
  kind: Condition['kind'];
  state: 'begun' | 'ended';
  title: string;
  text: string;
  /** Its beginning was a transition that was seen, not what the first reading found. */
  isNew: boolean;
}

interface Standing {
  trouble: boolean;
  /** Readings in a row that say the opposite. */
  against: number;
  isNew: boolean;
}

/** Readings in a row. */
export interface Thresholds {
  begins: number;
  ends: number;
}

/**
 * Hysteresis (F162): trouble begins after so many readings in a row that show it, and ends after so many without. What the
 * first reading finds is the state of things, and no news. A reading that does not tell counts for neither side.
 */
export class TroubleWatch {
  readonly #standing = new Map<string, Map<string, Map<string, Standing>>>();

  constructor(
    private readonly thresholds: () => Thresholds,
    private readonly onChange: (change: TroubleChange) => void,
  ) {}

  /**
   * @param part what was read together: it has a first reading of its own
   * @param conditions all of that part; those that are gone are forgotten
   */
  observe(subjectId: string, part: 'reach' | 'inside', conditions: readonly Condition[]): void {
    const parts = this.#standing.get(subjectId) ?? new Map<string, Map<string, Standing>>();
    const before = parts.get(part);
    const after = new Map<string, Standing>();
    const changes: TroubleChange[] = [];
    for (const condition of conditions) {
      const { kind, node, holds, begun, ended } = condition;
      const key = `${kind} ${node}`;
      const was = before?.get(key);
      if (holds === null) {
        if (was !== undefined) after.set(key, was);
        continue;
      }
      if (before === undefined) {
        after.set(key, { trouble: holds, against: 0, isNew: false });
        continue;
      }
      const { trouble, against, isNew } = was ?? { trouble: false, against: 0, isNew: false };
      if (holds === trouble) {
        after.set(key, { trouble, against: 0, isNew });
        continue;
      }
      const { begins, ends } = this.thresholds();
      if (against + 1 < (trouble ? ends : begins)) {
        after.set(key, { trouble, against: against + 1, isNew });
        continue;
      }
      after.set(key, { trouble: holds, against: 0, isNew: holds });
      changes.push({
        subjectId,
        kind,
        state: holds ? 'begun' : 'ended',
        ...(holds ? begun : ended),
        isNew: holds || isNew,
      });
    }
    parts.set(part, after);
    this.#standing.set(subjectId, parts);
    for (const change of changes) this.onChange(change);
  }

  /** The next reading is a first one again. */
  forget(subjectId: string): void {
    this.#standing.delete(subjectId);
  }
}
