import type { Sensor } from '../../src-preload/contract/inventory';

const units: Readonly<Record<Sensor['kind'], (value: number) => string>> = {
  temperature: (value) => `${value.toFixed(1)} °C`,
  fan: (value) => `${Math.round(value)} rpm`,
  voltage: (value) => `${value.toFixed(2)} V`,
};

export const sensorKindWords: Readonly<Record<Sensor['kind'], string>> = {
  temperature: 'Temperatures',
  fan: 'Fans',
  voltage: 'Voltages',
};

export const sensorKinds = Object.keys(sensorKindWords) as Sensor['kind'][];

export const sensorValue = ({ kind, value }: Sensor): string => units[kind](value);

/** The limits that the chip has: `high 84.0 °C, critical 100.0 °C`. */
export function sensorLimits({ kind, low, high, critical }: Sensor): string {
  const told = [
    ['low', low],
    ['high', high],
    ['critical', critical],
  ] as const;
  const words = told.flatMap(([name, limit]) => (limit === null ? [] : [`${name} ${units[kind](limit)}`]));
  return words.length === 0 ? 'none' : words.join(', ');
}

/** How a sensor stands to its limits. What has none is never called ill. */
export function sensorHealth({ value, low, high, critical, alarm }: Sensor): 'ok' | 'warning' | 'critical' {
  if (critical !== null && value >= critical) return 'critical';
  const outside = (high !== null && value > high) || (low !== null && value < low);
  return outside || alarm ? 'warning' : 'ok';
}
