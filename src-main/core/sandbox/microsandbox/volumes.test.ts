import { expect, it } from 'vitest';
import { parseVolumes } from './parse';
import { capturedMsb } from './testing/captured';
import { volumesOf, type VolumesReading } from './volumes';

it('shows the usage that msb itself keeps only where it is more than 0 and du measured nothing', () => {
  const [raw] = JSON.parse(capturedMsb('041-ls-json').stdout) as Record<string, unknown>[];
  const reading = (used: unknown, measured: number | null): VolumesReading => ({
    rows: parseVolumes(JSON.stringify([{ ...raw, name: 'cache', used_bytes: used }])),
    detail: () => null,
    uses: null,
    backend: 'local',
    folder: '/home/admin/.microsandbox/volumes',
    listing: null,
    actual: new Map(measured === null ? [] : [['cache', { bytes: measured, changedAtMs: null }]]),
    apparent: new Map(),
  });
  const kept = { label: 'Usage as msb keeps it', text: '4096 bytes' };
  const volume = (used: unknown, measured: number | null) => volumesOf(reading(used, measured))[0];
  expect(volume(4096, null)).toMatchObject({ actualSizeBytes: null, facts: expect.arrayContaining([kept]) });
  expect(volume(4096, 8192)).toMatchObject({
    actualSizeBytes: 8192,
    facts: expect.not.arrayContaining([kept]),
  });
  for (const none of [0, -1, null, undefined]) {
    expect(volume(none, null)?.facts.map(({ label }) => label)).not.toContain(kept.label);
  }
});
