import { z } from 'zod';

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

export const minimumSize = { width: 960, height: 600 } as const;
export const defaultSize = { width: 1360, height: 860 } as const;

/** How much of a window must be on a screen for a person to grab its title bar. */
const visibleWidth = 120;
const visibleHeight = 40;

const coordinate = z.int().min(-100_000).max(100_000);
const length = z.int().min(1).max(100_000);

/** `window.json`: how the window was left. */
export const windowStateSchema = z.strictObject({
  bounds: z.strictObject({ x: coordinate, y: coordinate, width: length, height: length }).nullable(),
  maximized: z.boolean(),
  /** The colour scheme of the settings, so that the first frame has the right background. */
  colourScheme: z.enum(['light', 'dark', 'auto']),
});
export type WindowState = z.infer<typeof windowStateSchema>;

export const firstWindowState: WindowState = { bounds: null, maximized: false, colourScheme: 'auto' };

function overlap(start: number, length: number, areaStart: number, areaLength: number): number {
  return Math.min(start + length, areaStart + areaLength) - Math.max(start, areaStart);
}

/**
 * The bounds to open with, or null to let the system choose a place. A window whose title bar is on no screen any
 * more (a monitor was unplugged) is put where the system likes; a size larger than the screen is cut to it.
 *
 * @param workAreas screens without their panels, in the same coordinates
 */
export function restoreBounds(
  saved: Rectangle | null,
  workAreas: readonly Rectangle[],
): { width: number; height: number; x?: number; y?: number } {
  const largest = workAreas.reduce(
    (best, area) => (area.width * area.height > best.width * best.height ? area : best),
    { x: 0, y: 0, width: 0, height: 0 },
  );
  const fit = (wanted: { width: number; height: number }, area: Rectangle) => ({
    width: Math.max(minimumSize.width, area.width > 0 ? Math.min(wanted.width, area.width) : wanted.width),
    height: Math.max(
      minimumSize.height,
      area.height > 0 ? Math.min(wanted.height, area.height) : wanted.height,
    ),
  });
  if (saved === null) return fit(defaultSize, largest);
  const home = workAreas.find(
    (area) =>
      overlap(saved.x, saved.width, area.x, area.width) >= visibleWidth &&
      saved.y >= area.y &&
      saved.y + visibleHeight <= area.y + area.height,
  );
  if (home === undefined) return fit(saved, largest);
  return { ...fit(saved, home), x: saved.x, y: saved.y };
}
