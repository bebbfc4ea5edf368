import { z } from 'zod';
import type { Sensor, SensorState } from '../../../../src-preload/contract/inventory';
import { parseJson, unexpectedOutput } from '../unexpected';

const command = 'sensors -j';
/** By the names of their files in sysfs (Documentation/hwmon/sysfs-interface.rst). */
const kinds: Readonly<Record<string, Sensor['kind']>> = { temp: 'temperature', fan: 'fan', in: 'voltage' };

const featureSchema = z.record(z.string(), z.number());
/** A chip: its features, and the bus that it sits on as a text. */
const chipsSchema = z.record(z.string(), z.record(z.string(), z.union([featureSchema, z.string()])));

/**
 * Where a value cannot be read, lm-sensors 3.5 and 3.6 leave out the member and keep its comma (lm-sensors issues 121, 385,
 * 513): `{ , "temp1_max": 1 }` and `"Adapter": "x", }`. Commas between which nothing stands are taken out, outside of texts
 * only; all else must be JSON.
 */
function withoutIdleCommas(text: string): string {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[^"]|"/g) ?? [];
  let clean = '';
  let last = '{';
  let comma = '';
  for (const token of tokens) {
    if (/^\s$/.test(token)) {
      clean += token;
      continue;
    }
    if (token === ',') {
      comma = last === '{' ? '' : ',';
      continue;
    }
    clean += token === '}' ? token : comma + token;
    comma = '';
    last = token;
  }
  return clean;
}

function parseLoosely(stdout: string): unknown {
  try {
    return JSON.parse(stdout);
  } catch {
    return parseJson(command, withoutIdleCommas(stdout));
  }
}

/** Drives tell limits that they do not have as the ends of their scale: -273.15 and 65261.85 °C. */
const plausible: Readonly<Record<Sensor['kind'], (limit: number) => boolean>> = {
  temperature: (limit) => limit > -100 && limit < 250,
  fan: (limit) => limit > 0,
  voltage: () => true,
};

function sensorOf(chip: string, label: string, values: Readonly<Record<string, number>>): Sensor | null {
  const named = Object.keys(values).flatMap((name) => {
    const match = /^(temp|fan|in)(\d+)_([a-z_]+)$/.exec(name);
    const kind = kinds[match?.[1] ?? ''];
    return match === null || kind === undefined
      ? []
      : [{ base: `${match[1] ?? ''}${match[2] ?? ''}_`, kind }];
  });
  const [first] = named;
  if (first === undefined) return null;
  const { base, kind } = first;
  const value = values[`${base}input`];
  if (value === undefined || values[`${base}fault`] === 1) return null;
  const limit = (name: string): number | null => {
    const told = values[base + name];
    return told !== undefined && plausible[kind](told) ? told : null;
  };
  return {
    chip,
    label,
    kind,
    value,
    low: limit('min'),
    high: limit('max'),
    critical: limit('crit'),
    alarm: Object.entries(values).some(([name, raised]) => /_alarm$/.test(name) && raised === 1),
  };
}

/** What is neither temperature, fan nor voltage is left out: power, currents, energy, humidity. */
const isOfOtherKind = (values: Readonly<Record<string, number>>): boolean =>
  Object.keys(values).length > 0 && Object.keys(values).every((name) => !/^(?:temp|fan|in)\d+_/.test(name));

/** No sensors at all is an empty list. Throws `unexpected-output`. */
export function parseSensors(stdout: string): Extract<SensorState, { status: 'read' }> {
  const parsed = chipsSchema.safeParse(parseLoosely(stdout));
  if (!parsed.success) throw unexpectedOutput(command, 'it is no list of chips with their values', stdout);
  const sensors: Sensor[] = [];
  const silent: string[] = [];
  for (const [chip, features] of Object.entries(parsed.data)) {
    for (const [label, values] of Object.entries(features)) {
      if (typeof values === 'string') {
        if (label !== 'Adapter') throw unexpectedOutput(command, `${label} is no sensor`, stdout);
        continue;
      }
      if (isOfOtherKind(values)) continue;
      const sensor = sensorOf(chip, label, values);
      if (sensor === null) silent.push(`${chip} ${label}`);
      else sensors.push(sensor);
    }
  }
  return { status: 'read', sensors, silent };
}
