import { describe, expect, it } from 'vitest';
import type { Sensor } from '../../src-preload/contract/inventory';
import { sensorHealth, sensorLimits, sensorValue } from './sensor-format';

const sensor = (change: Partial<Sensor>): Sensor => ({
  ...{ chip: 'coretemp-isa-0000', label: 'Core 0', kind: 'temperature', value: 58.5 },
  ...{ low: null, high: null, critical: null, alarm: false },
  ...change,
});

describe('a sensor in words', () => {
  it('has its unit, and the limits that the chip has', () => {
    expect(sensorValue(sensor({}))).toBe('58.5 °C');
    expect(sensorValue(sensor({ kind: 'fan', value: 1180 }))).toBe('1180 rpm');
    expect(sensorValue(sensor({ kind: 'voltage', value: 1.032 }))).toBe('1.03 V');
    expect(sensorLimits(sensor({}))).toBe('none');
    expect(sensorLimits(sensor({ high: 84, critical: 100 }))).toBe('high 84.0 °C, critical 100.0 °C');
  });

  it('is ill only by a limit of its own, or by the alarm of its chip', () => {
    expect(sensorHealth(sensor({ value: 140 }))).toBe('ok');
    expect(sensorHealth(sensor({ value: 84, high: 84 }))).toBe('ok');
    expect(sensorHealth(sensor({ value: 84.5, high: 84 }))).toBe('warning');
    expect(sensorHealth(sensor({ value: 100, high: 84, critical: 100 }))).toBe('critical');
    expect(sensorHealth(sensor({ kind: 'fan', value: 0, low: 300 }))).toBe('warning');
    expect(sensorHealth(sensor({ alarm: true }))).toBe('warning');
  });
});
