// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { installBrowserParts } from '../test/bridge';

installBrowserParts();
const { axisTimes, chartWords, formatMeasure } = await import('./TimeChart');

describe('a chart over time', () => {
  it('tells its measures as the rest of the window does', () => {
    expect(formatMeasure(0.07, 'part')).toBe('7 %');
    expect(formatMeasure(0.0725, 'part')).toBe('7.3 %');
    expect(formatMeasure(0.4256, 'part')).toBe('42 %');
    expect(formatMeasure(1536, 'bytes-per-second')).toBe('1.50 KiB/s');
    expect(formatMeasure(1.234, 'number')).toBe('1.23');
    expect(formatMeasure(null, 'bytes')).toBe('–');
  });

  it('says what it shows to who cannot see it', () => {
    const series = [{ key: 'cpu', label: 'CPU', unit: 'part' as const, values: [0.5, null, 0.25] }];
    expect(chartWords({ title: 'Load', series })).toBe('Load. CPU: now 25 %, highest 50 %.');
  });

  it('has hours on its axis within days, and days beyond', () => {
    const at = (hour: number, minute: number) => new Date(2026, 10, 9, hour, minute).getTime() / 1000;
    expect(axisTimes([at(0, 0), at(6, 5)], 3600)).toEqual(['11-09', '06:05']);
    expect(axisTimes([at(0, 0), at(6, 5)], 86_400)).toEqual(['11-09', '11-09']);
  });
});
