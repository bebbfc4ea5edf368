import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultSize, minimumSize, restoreBounds, windowStateSchema } from './bounds';

const screen = { x: 0, y: 24, width: 1920, height: 1056 };
const second = { x: 1920, y: 0, width: 2560, height: 1440 };

describe('restoreBounds', () => {
  it('opens as it was left', () => {
    const saved = { x: 100, y: 60, width: 1400, height: 900 };
    expect(restoreBounds(saved, [screen])).toEqual(saved);
  });

  it('lets the system place the first window', () => {
    expect(restoreBounds(null, [screen])).toEqual(defaultSize);
  });

  it('keeps the first window on a small screen', () => {
    expect(restoreBounds(null, [{ x: 0, y: 0, width: 1024, height: 640 }])).toEqual({
      width: 1024,
      height: 640,
    });
  });

  it('remembers the second screen', () => {
    const saved = { x: 2500, y: 100, width: 2000, height: 1300 };
    expect(restoreBounds(saved, [screen, second])).toEqual(saved);
  });

  it('forgets a place on a screen that was unplugged, but not the size', () => {
    expect(restoreBounds({ x: 2500, y: 100, width: 1200, height: 900 }, [screen])).toEqual({
      width: 1200,
      height: 900,
    });
  });

  it('forgets a place where the title bar cannot be reached', () => {
    const size = { width: 1200, height: 900 };
    expect(restoreBounds({ x: 100, y: -30, ...size }, [screen])).toEqual(size);
    expect(restoreBounds({ x: 100, y: 1070, ...size }, [screen])).toEqual(size);
    expect(restoreBounds({ x: -1150, y: 100, ...size }, [screen])).toEqual(size);
  });

  it('cuts a window to the screen it is on', () => {
    expect(restoreBounds({ x: 0, y: 24, width: 5000, height: 4000 }, [screen])).toEqual({
      x: 0,
      y: 24,
      width: 1920,
      height: 1056,
    });
  });

  it('always gives a window of use that can be grabbed', () => {
    const coordinate = fc.integer({ min: -100_000, max: 100_000 });
    const length = fc.integer({ min: 1, max: 100_000 });
    const rectangle = fc.record({ x: coordinate, y: coordinate, width: length, height: length });
    fc.assert(
      fc.property(rectangle, fc.array(rectangle, { maxLength: 4 }), (saved, areas) => {
        const bounds = restoreBounds(saved, areas);
        expect(bounds.width).toBeGreaterThanOrEqual(minimumSize.width);
        expect(bounds.height).toBeGreaterThanOrEqual(minimumSize.height);
        if (bounds.x === undefined || bounds.y === undefined) return;
        const { x, y } = bounds;
        expect(areas.some((area) => y >= area.y && y < area.y + area.height && x < area.x + area.width)).toBe(
          true,
        );
      }),
    );
  });
});

describe('windowStateSchema', () => {
  it.each([
    {},
    null,
    [],
    { bounds: { x: 0, y: 0, width: 1, height: 1 }, maximized: false },
    { bounds: { x: 0.5, y: 0, width: 900, height: 700 }, maximized: false, colourScheme: 'dark' },
    { bounds: { x: 0, y: 0, width: 1e9, height: 700 }, maximized: false, colourScheme: 'dark' },
    { bounds: null, maximized: 'yes', colourScheme: 'dark' },
    { bounds: null, maximized: false, colourScheme: 'pink' },
    { bounds: null, maximized: false, colourScheme: 'dark', more: 1 },
  ])('refuses %j', (state) => expect(windowStateSchema.safeParse(state).success).toBe(false));
});
