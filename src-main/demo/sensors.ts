import type { SimulatedTool } from './machine';
import { failed, succeeded } from './result';

/** A chip with its sensors; null: a value that cannot be read. */
export interface SensorChip {
  name: string;
  adapter: string;
  sensors: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
}

/** As `sensors -j` of lm-sensors 3.6.0 prints them: nothing but the comma stands for what it cannot read. */
export function printSensors(chips: readonly SensorChip[]): { stdout: string; stderr: string } {
  let stderr = '';
  const printed = chips.map(({ name, adapter, sensors }) => {
    const features = Object.entries(sensors).map(([label, values]) => {
      const members = Object.entries(values).map(([key, value]) => {
        if (value !== null) return `         "${key}": ${value.toFixed(3)}`;
        stderr += `ERROR: Can't get value of subfeature ${key}: Can't read\n`;
        return '';
      });
      return `      "${label}":{\n${members.join(',\n')}\n      }`;
    });
    return `   "${name}":{\n      "Adapter": "${adapter}",\n${features.join(',\n')}\n   }`;
  });
  return { stdout: `{\n${printed.join(',\n')}\n}\n`, stderr };
}

/** @param chipsAt what they read at a time */
export function sensorsTool(chipsAt: (nowMs: number) => readonly SensorChip[]): SimulatedTool {
  return {
    name: 'sensors',
    folder: '/usr/bin',
    run: (words, { nowMs }) => {
      if (words.join(' ') !== '-j') return failed(1, 'sensors: unknown option\n');
      const { stdout, stderr } = printSensors(chipsAt(nowMs));
      return { ...succeeded(stdout, 60), stderr };
    },
  };
}

/** A slow wave of half an hour, so that a second reading differs from the first. */
const wave = (nowMs: number, around: number, by: number): number =>
  Math.round((around + by * Math.sin((nowMs / 1_800_000) * 2 * Math.PI)) * 2) / 2;

/** A server board with one processor, two drives and a fan that stands still. */
export function serverSensors(nowMs: number): SensorChip[] {
  const core = (index: number, around: number) => ({
    [`temp${index}_input`]: wave(nowMs, around, 4),
    [`temp${index}_max`]: 84,
    [`temp${index}_crit`]: 100,
    [`temp${index}_crit_alarm`]: 0,
  });
  return [
    {
      name: 'coretemp-isa-0000',
      adapter: 'ISA adapter',
      sensors: {
        'Package id 0': core(1, 58),
        'Core 0': core(2, 55),
        'Core 1': core(3, 57),
        'Core 2': core(4, 54),
        'Core 3': core(5, 56),
      },
    },
    {
      name: 'nct6775-isa-0290',
      adapter: 'ISA adapter',
      sensors: {
        Vcore: { in0_input: 1.032, in0_min: 0.8, in0_max: 1.744, in0_alarm: 0 },
        '+3.3V': { in3_input: 3.344, in3_min: 2.976, in3_max: 3.632, in3_alarm: 0 },
        '+12V': { in4_input: 12.096, in4_min: 10.8, in4_max: 13.2, in4_alarm: 0 },
        'CPU fan': { fan2_input: Math.round(wave(nowMs, 1180, 90)), fan2_min: 300, fan2_alarm: 0 },
        'Rear fan': { fan3_input: 0, fan3_min: 300, fan3_alarm: 1 },
        SYSTIN: { temp1_input: 36, temp1_max: 80, temp1_alarm: 0 },
        PECI: { temp7_input: null },
      },
    },
    {
      name: 'nvme-pci-0100',
      adapter: 'PCI adapter',
      sensors: {
        Composite: {
          temp1_input: 41.85,
          temp1_max: 81.85,
          temp1_min: -273.15,
          temp1_crit: 84.85,
          temp1_alarm: 0,
        },
      },
    },
  ];
}
