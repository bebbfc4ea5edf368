import { unexpectedOutput } from './unexpected';

/** Thrown by a column reader; the table names command and line around it. */
class ColumnMismatch extends Error {}

/** One column of a tool's table: the property asked for and how its text becomes a value. */
export interface Column<T> {
  readonly property: string;
  readonly read: (text: string) => T;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,20}$/.test(text)) throw new ColumnMismatch(`"${text}" is not a whole number`);
  return Number(text);
}

/** Any text, also empty. */
export function text(property: string): Column<string> {
  return { property, read: (value) => value };
}

/** Text where `-` and nothing mean "none". */
export function textOrNull(property: string): Column<string | null> {
  return { property, read: (value) => (value === '-' || value === '' ? null : value) };
}

/** A 64-bit id, kept as text because a JavaScript number would round it. */
export function identity(property: string): Column<string> {
  return {
    property,
    read: (value) => {
      wholeNumber(value);
      return value;
    },
  };
}

/** A whole number of bytes, seconds or things. */
export function count(property: string): Column<number> {
  return { property, read: wholeNumber };
}

export function countOrNull(property: string): Column<number | null> {
  return { property, read: (value) => (value === '-' || value === '' ? null : wholeNumber(value)) };
}

/** Percent with or without its sign, clamped to 0–100: a scrub may report more (zpool-scrub(8)). */
export function percentOrNull(property: string): Column<number | null> {
  return {
    property,
    read: (value) => {
      if (value === '-' || value === '') return null;
      const number = /^\d+(\.\d+)?%?$/.test(value) ? Number.parseFloat(value) : Number.NaN;
      if (Number.isNaN(number)) throw new ColumnMismatch(`"${value}" is not a percentage`);
      return clampPercent(number);
    },
  };
}

/** `yes`/`on` true, `no`/`off` false, `-` null. */
export function switchOrNull(property: string): Column<boolean | null> {
  return {
    property,
    read: (value) => {
      if (value === '-' || value === '') return null;
      if (value === 'yes' || value === 'on') return true;
      if (value === 'no' || value === 'off') return false;
      throw new ColumnMismatch(`"${value}" is neither yes nor no`);
    },
  };
}

/** Names joined by commas; `-` and nothing mean none. */
export function names(property: string): Column<string[]> {
  return { property, read: (value) => (value === '-' || value === '' ? [] : value.split(',')) };
}

export function clampPercent(value: number): number {
  return Math.min(100, Math.max(0, value));
}

type Columns = Record<string, Column<unknown>>;
export type RowOf<C extends Columns> = { [Key in keyof C]: ReturnType<C[Key]['read']> };

export interface Table<C extends Columns> {
  /** The value of `-o`. */
  readonly properties: string;
  readonly columnCount: number;
  /** Rows of `-H` output: columns separated by one tab, rows by newlines. Throws `unexpected-output`. */
  parse(command: string, stdout: string): RowOf<C>[];
}

/**
 * Columns declared once: they yield the flag and the parser, so that the two cannot drift apart.
 * The last column may contain tabs (a mount point can), no other may.
 */
export function defineTable<C extends Columns>(columns: C): Table<C> {
  const entries = Object.entries(columns);
  const readRow = (command: string, line: string): RowOf<C> => {
    const parts = line.split('\t');
    if (parts.length < entries.length) {
      throw unexpectedOutput(command, `a line has ${parts.length} of ${entries.length} columns`, line);
    }
    const last = parts.slice(entries.length - 1).join('\t');
    const row: Record<string, unknown> = {};
    for (const [index, [key, column]] of entries.entries()) {
      const value = index === entries.length - 1 ? last : (parts[index] ?? '');
      try {
        row[key] = column.read(value);
      } catch (error) {
        if (!(error instanceof ColumnMismatch)) throw error;
        throw unexpectedOutput(command, `${column.property}: ${error.message}`, line);
      }
    }
    return row as RowOf<C>;
  };
  return {
    properties: entries.map(([, column]) => column.property).join(','),
    columnCount: entries.length,
    parse: (command, stdout) => {
      if (stdout === '') return [];
      const body = stdout.endsWith('\n') ? stdout.slice(0, -1) : stdout;
      return body.split('\n').map((line) => readRow(command, line));
    },
  };
}
