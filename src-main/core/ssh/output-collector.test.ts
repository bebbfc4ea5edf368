import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutputCollector, outputMarker } from './output-collector';

function inPieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const points = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return points.slice(1).map((end, index) => bytes.subarray(points[index], end));
}

function collect(pieces: readonly Buffer[], fatal: boolean, marker: string | null) {
  let streamed = '';
  const collector = new OutputCollector(fatal, marker, (text) => (streamed += text));
  for (const piece of pieces) collector.add(piece);
  return { text: collector.finish(), streamed, started: collector.started };
}

describe('OutputCollector', () => {
  it('decodes UTF-8 that arrives in any pieces', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.nat(), { maxLength: 8 }), (text, cuts) => {
        const wellFormed = Buffer.from(text).toString();
        const result = collect(inPieces(Buffer.from(wellFormed), cuts), true, null);
        expect(result).toEqual({ text: wellFormed, streamed: wellFormed, started: true });
      }),
    );
  });

  it('leaves out start-up noise of any bytes, wherever the pieces are cut', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        fc.string({ unit: 'binary' }),
        fc.array(fc.nat(), { maxLength: 8 }),
        (noise, text, cuts) => {
          const output = Buffer.from(text).toString();
          const bytes = Buffer.concat([noise, Buffer.from(`${outputMarker}\n${output}`)]);
          const result = collect(inPieces(bytes, cuts), true, outputMarker);
          expect(result).toEqual({ text: output, streamed: output, started: true });
        },
      ),
    );
  });

  it('knows that the marker never came', () => {
    expect(collect([Buffer.from(`welcome ${outputMarker}`)], true, outputMarker)).toEqual({
      text: '',
      streamed: '',
      started: false,
    });
  });

  it('refuses bytes that are no UTF-8 when it must, also a character cut off at the end', () => {
    expect(() => collect([Buffer.from([0x74, 0xff])], true, null)).toThrow(TypeError);
    expect(() => collect([Buffer.from('é').subarray(0, 1)], true, null)).toThrow(TypeError);
    expect(collect([Buffer.from([0x74, 0xff])], false, null).text).toBe('t\uFFFD');
  });
});
