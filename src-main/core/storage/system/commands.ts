/** Seconds since the epoch on the host (date(1)); `%N` is no part of busybox's date. */
export const clockArgv = ['date', '+%s'] as const;

/** Units that failed, one a line without heading or bullets (systemctl(1), systemd 247 to 257). */
export const failedUnitsArgv = [
  'systemctl',
  'list-units',
  '--state=failed',
  '--plain',
  '--no-legend',
  '--no-pager',
  '--full',
] as const;

/** Temperatures, fans and voltages as JSON (sensors(1), lm-sensors 3.5 and newer). Any login may ask. */
export const sensorsArgv = ['sensors', '-j'] as const;
