import { badParameters } from './errors';
import { checkFormat } from './formats';
import type { RawParameters } from './request-body';
import type { ApiCall, ParameterSpec } from './schema';

export type ParameterValue = string | number | string[];
export type Parameters = Readonly<Record<string, ParameterValue>>;

/** The highest `n` of `net[n]` and its like; those not named here end at 255. */
const lastIndex: Readonly<Record<string, number>> = {
  ide: 3,
  sata: 5,
  scsi: 30,
  virtio: 15,
  net: 31,
  serial: 3,
  parallel: 2,
  usb: 13,
  hostpci: 15,
  ipconfig: 31,
  numa: 7,
  virtiofs: 9,
  link: 7,
};

export function specOf(call: ApiCall, name: string): ParameterSpec | undefined {
  if (Object.hasOwn(call.parameters, name)) return call.parameters[name];
  const indexed = /^([a-z]+)(0|[1-9]\d*)$/.exec(name);
  const [, base = '', index = ''] = indexed ?? [];
  if (indexed === null || Number(index) > (lastIndex[base] ?? 255)) return undefined;
  return call.parameters[`${base}[n]`];
}

const yes = /^(?:1|on|yes|true)$/i;
const no = /^(?:0|off|no|false)$/i;

function wrongType(type: string, value: string): string | undefined {
  const right =
    (type !== 'integer' || /^[+-]?\d+$/.test(value)) &&
    (type !== 'number' || /^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(value)) &&
    (type !== 'boolean' || yes.test(value) || no.test(value));
  return right ? undefined : `type check ('${type}') failed - got '${value}'`;
}

/** `key=value,key=value`, one key of which may be left out. */
function checkPropertyString(
  name: string,
  format: Readonly<Record<string, ParameterSpec>>,
  value: string,
): string | undefined {
  const defaultKey = Object.entries(format).find(([, spec]) => spec.default_key === true)?.[0];
  const found = new Map<string, string>();
  for (const part of value.split(',')) {
    const at = part.indexOf('=');
    const given = at < 0 ? defaultKey : part.slice(0, at);
    if (given === undefined) return 'value without key, but schema does not define a default key';
    const { alias, keyAlias } = format[given] ?? {};
    // `virtio=AA:BB:…` says the model by its key and the address by its value.
    if (keyAlias !== undefined) found.set(keyAlias, given);
    const key = alias ?? given;
    if (found.has(key)) return `duplicate key in comma-separated list property: ${key}`;
    found.set(key, part.slice(at + 1));
  }
  const errors: string[] = [];
  for (const [key, text] of found) {
    const spec = format[key];
    const error =
      spec === undefined
        ? 'property is not defined in schema and the schema does not allow additional properties'
        : checkValue(`${name}.${key}`, spec, text);
    if (error !== undefined) errors.push(`${name}.${key}: ${error}`);
  }
  for (const [key, spec] of Object.entries(format)) {
    if (spec.optional !== true && spec.alias === undefined && !found.has(key)) {
      errors.push(`${name}.${key}: property is missing and it is not optional`);
    }
  }
  return errors.length === 0 ? undefined : `format error\n${errors.join('\n')}`;
}

function checkLimits(spec: ParameterSpec, value: string): string | undefined {
  if (spec.minLength !== undefined && value.length < spec.minLength) {
    return `value must be at least ${spec.minLength} characters long`;
  }
  if (spec.maxLength !== undefined && value.length > spec.maxLength) {
    return `value may only be ${spec.maxLength} characters long`;
  }
  if (spec.pattern !== undefined) {
    const pattern = new RegExp(`^(?:${spec.pattern})$`, spec.ignoreCase === true ? 'i' : '');
    if (!pattern.test(value)) return 'value does not match the regex pattern';
  }
  const counts = spec.type === 'integer' || spec.type === 'number';
  if (counts && spec.minimum !== undefined && Number(value) < spec.minimum) {
    return `value must have a minimum value of ${spec.minimum}`;
  }
  if (counts && spec.maximum !== undefined && Number(value) > spec.maximum) {
    return `value must have a maximum value of ${spec.maximum}`;
  }
  if (spec.enum !== undefined && !spec.enum.includes(value)) {
    return `value '${value}' does not have a value in the enumeration '${spec.enum.join(', ')}'`;
  }
  return undefined;
}

function checkValue(name: string, spec: ParameterSpec, value: string): string | undefined {
  if (spec.any === true) return undefined;
  const type = wrongType(spec.type ?? 'string', value);
  if (type !== undefined) return type;
  if (spec.format !== undefined && value !== '') {
    const complaint =
      typeof spec.format === 'string'
        ? checkFormat(spec.format, value)
        : checkPropertyString(name, spec.format, value);
    if (complaint !== undefined) return `invalid format - ${complaint}\n`;
  }
  return checkLimits(spec, value);
}

function convert(spec: ParameterSpec, value: string): string | number {
  if (spec.type === 'boolean') return yes.test(value) ? 1 : 0;
  return spec.type === 'integer' || spec.type === 'number' ? Number(value) : value;
}

/** Checks one parameter: what is wrong with it, or its value. */
function take(
  name: string,
  spec: ParameterSpec | undefined,
  sent: string | string[],
): { error: string } | { value: ParameterValue } {
  if (spec === undefined) {
    return { error: 'property is not defined in schema and the schema does not allow additional properties' };
  }
  if (spec.type === 'array' || spec.any === true) {
    const list = [sent].flat();
    for (const item of list) {
      const error = spec.items === undefined ? undefined : checkValue(name, spec.items, item);
      if (error !== undefined) return { error };
    }
    return { value: list };
  }
  if (Array.isArray(sent)) return { error: `type check ('${spec.type ?? 'string'}') failed - got ARRAY` };
  const error = checkValue(name, spec, sent);
  return error === undefined ? { value: convert(spec, sent) } : { error };
}

/** Refuses what the schema does not know, and gives the rest its type. */
export function validate(call: ApiCall, sent: RawParameters): Parameters {
  const errors: Record<string, string> = {};
  const values: Record<string, ParameterValue> = {};
  for (const [name, value] of Object.entries(sent)) {
    const spec = specOf(call, name);
    const taken = take(name, spec, value);
    if ('error' in taken) errors[name] = taken.error;
    else values[name] = taken.value;
    const needs = spec?.requires;
    if (needs !== undefined && sent[needs] === undefined) {
      errors[needs] = `missing property - '${name}' requires this property`;
    }
  }
  for (const [name, spec] of Object.entries(call.parameters)) {
    if (spec.optional !== true && sent[name] === undefined && !name.endsWith('[n]')) {
      errors[name] = 'property is missing and it is not optional';
    }
  }
  if (Object.keys(errors).length > 0) throw badParameters(errors);
  return values;
}
