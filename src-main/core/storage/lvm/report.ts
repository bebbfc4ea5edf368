import { clampPercent } from '../columns';
import { unexpectedOutput } from '../unexpected';

/**
 * `--reportformat json` of lvm2 2.03.11 to 2.03.31: `{"report":[{"lv":[{"lv_name":"…"}]}]}`.
 * Numbers are strings, and keys come and go between versions: only `required` fields must be there.
 */
export interface Field<T> {
  readonly name: string;
  readonly required: boolean;
  /** `undefined`: this version of LVM does not have the field. */
  readonly read: (value: string | undefined) => T;
}

class FieldMismatch extends Error {}

export function required(name: string): Field<string> {
  return {
    name,
    required: true,
    read: (value) => {
      if (value === undefined) throw new FieldMismatch('is missing');
      return value;
    },
  };
}

/** Text; `''` where the field is absent. */
export function optional(name: string): Field<string> {
  return { name, required: false, read: (value) => value ?? '' };
}

export function requiredBytes(name: string): Field<number> {
  return {
    name,
    required: true,
    read: (value) => {
      if (value === undefined || !/^\d{1,20}$/.test(value))
        throw new FieldMismatch('is not a number of bytes');
      return Number(value);
    },
  };
}

/** Whole number; null where absent, empty or `-1` (LVM's "undefined"). */
export function optionalCount(name: string): Field<number | null> {
  return {
    name,
    required: false,
    read: (value) => {
      if (value === undefined || value === '' || value === '-1') return null;
      if (!/^\d{1,20}$/.test(value)) throw new FieldMismatch(`"${value}" is not a whole number`);
      return Number(value);
    },
  };
}

export function optionalPercent(name: string): Field<number | null> {
  return {
    name,
    required: false,
    read: (value) => {
      if (value === undefined || value === '' || value.startsWith('-1')) return null;
      if (!/^\d+(\.\d+)?$/.test(value)) throw new FieldMismatch(`"${value}" is not a percentage`);
      return clampPercent(Number(value));
    },
  };
}

/** Comma-separated words; none where absent. */
export function optionalWords(name: string): Field<string[]> {
  return {
    name,
    required: false,
    read: (value) => (value === undefined || value === '' ? [] : value.split(',')),
  };
}

/** LVM's `lv_time`, `2026-11-23 02:16:20 +0000`; null where lvm.conf sets another time_format. */
export function optionalTime(name: string): Field<number | null> {
  return {
    name,
    required: false,
    read: (value) => {
      const parts = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) ([+-]\d\d):?(\d\d)$/.exec(value ?? '');
      if (parts === null) return null;
      const ms = Date.parse(`${parts[1]}T${parts[2]}${parts[3]}:${parts[4]}`);
      return Number.isNaN(ms) || ms < 0 ? null : ms;
    },
  };
}

type Fields = Record<string, Field<unknown>>;
export type RecordOf<F extends Fields> = { [Key in keyof F]: ReturnType<F[Key]['read']> };

export interface Report<F extends Fields> {
  /** The value of `-o`. */
  readonly fields: string;
  readonly columns: F;
  parse(command: string, stdout: string): RecordOf<F>[];
}

/**
 * The JSON among the lines of stdout: lvm2 prints WARNINGs to stdout as well, before and after it
 * (seen with 2.03.16).
 */
function extractJson(command: string, stdout: string): unknown {
  const start = stdout.search(/^[ \t]*\{/m);
  const end = stdout.lastIndexOf('}');
  if (start === -1 || end < start) throw unexpectedOutput(command, 'there is no JSON report in it', stdout);
  try {
    return JSON.parse(stdout.slice(start, end + 1));
  } catch {
    throw unexpectedOutput(command, 'the JSON report is damaged', stdout);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param kind key of the rows within a report: `vg`, `lv`, `pv` */
export function defineReport<F extends Fields>(kind: 'vg' | 'lv' | 'pv', fields: F): Report<F> {
  const entries = Object.entries(fields);
  const readRow = (command: string, row: unknown): RecordOf<F> => {
    if (!isRecord(row))
      throw unexpectedOutput(command, `a row of "${kind}" is not an object`, JSON.stringify(row));
    const record: Record<string, unknown> = {};
    for (const [key, field] of entries) {
      const value = row[field.name];
      if (value !== undefined && typeof value !== 'string' && typeof value !== 'number') {
        throw unexpectedOutput(command, `${field.name} is neither text nor number`, JSON.stringify(row));
      }
      try {
        record[key] = field.read(value === undefined ? undefined : String(value));
      } catch (error) {
        if (!(error instanceof FieldMismatch)) throw error;
        throw unexpectedOutput(command, `${field.name} ${error.message}`, JSON.stringify(row));
      }
    }
    return record as RecordOf<F>;
  };
  return {
    fields: entries.map(([, field]) => field.name).join(','),
    columns: fields,
    parse: (command, stdout) => {
      const root = extractJson(command, stdout);
      const reports = isRecord(root) ? root['report'] : undefined;
      if (!Array.isArray(reports) || reports.length === 0) {
        // `-o` with a field this lvm2 does not know prints {"report":[]}.
        throw unexpectedOutput(command, 'it holds no report', stdout);
      }
      return reports.flatMap((report: unknown) => {
        const rows = isRecord(report) ? report[kind] : undefined;
        if (!Array.isArray(rows)) throw unexpectedOutput(command, `it holds no list "${kind}"`, stdout);
        return rows.map((row) => readRow(command, row));
      });
    },
  };
}
