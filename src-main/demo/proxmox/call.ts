import type { Identity } from './access';
import { splitList } from './formats';
import type { ClusterNode, Cluster } from './types';
import type { Parameters } from './validate';

/** A file that came in, read to its end and thrown away. */
export interface UploadedFile {
  name: string;
  sizeBytes: number;
  digestOf: (algorithm: string) => string;
}

/** One call of the API, checked against the schema and allowed. */
export interface Call {
  cluster: Cluster;
  /** That received the request. */
  receiver: ClusterNode;
  who: Identity;
  parameters: Parameters;
  upload?: UploadedFile;
}

export type Handler = (call: Call) => unknown;
/** By method and the schema's path: `GET /nodes/{node}/qemu`. */
export type Handlers = Readonly<Record<string, Handler>>;

/** A list with how many there are in all. */
export class Page {
  constructor(
    readonly data: readonly unknown[],
    readonly total: number,
  ) {}
}

export class TextFile {
  constructor(
    readonly name: string,
    readonly text: string,
  ) {}
}

/** A file that is streamed as it is read: its length is not said beforehand. */
export class FileStream {
  constructor(readonly content: string) {}
}

export function optionalText(call: Call, name: string): string | undefined {
  const value = call.parameters[name];
  return value === undefined ? undefined : String(value);
}

export function text(call: Call, name: string): string {
  const value = optionalText(call, name);
  if (value === undefined) throw new Error(`The schema let a call through without ${name}.`);
  return value;
}

export function optionalNumber(call: Call, name: string): number | undefined {
  const value = call.parameters[name];
  return value === undefined ? undefined : Number(value);
}

export function numberOr(call: Call, name: string, otherwise: number): number {
  return optionalNumber(call, name) ?? otherwise;
}

export function flag(call: Call, name: string, otherwise = false): boolean {
  const value = call.parameters[name];
  return value === undefined ? otherwise : value === 1;
}

/** An array, or a text of several values. */
export function list(call: Call, name: string): string[] {
  const value = call.parameters[name];
  if (value === undefined) return [];
  return Array.isArray(value) ? value : splitList(String(value));
}
