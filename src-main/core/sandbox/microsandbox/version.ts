import { unexpectedOutput } from '../../storage/unexpected';

/** What differs between the versions that were measured: 0.6.18 and 0.7.2. */
export interface MsbVersion {
  text: string;
  /** `--from` before 0.7. */
  snapshotOption: '--from-sandbox' | '--from';
  /** 0.7 puts snapshots into groups (`group:member`) and can restore one into a new sandbox. */
  grouped: boolean;
  /** 0.7 snapshots a sandbox that runs; 0.6 wants it stopped. */
  snapshotsWhileRunning: boolean;
  /** 0.7 pauses and resumes sandboxes. */
  pauses: boolean;
  /** A stop that is not done in its time: 0.7 gives it up, 0.6 kills the sandbox. */
  killsAfterTimeout: boolean;
}

/** @param stdout of `msb --version` */
export function parseVersion(stdout: string): MsbVersion {
  const match = /^msb (\d+)\.(\d+)\.(\d+)\S*\s*$/.exec(stdout);
  if (match === null) throw unexpectedOutput('msb --version', 'it is not "msb X.Y.Z"', stdout);
  const [, major, minor] = match.map(Number);
  const since07 = (major ?? 0) > 0 || (minor ?? 0) >= 7;
  return {
    text: stdout.trim().slice('msb '.length),
    snapshotOption: since07 ? '--from-sandbox' : '--from',
    grouped: since07,
    snapshotsWhileRunning: since07,
    pauses: since07,
    killsAfterTimeout: !since07,
  };
}
