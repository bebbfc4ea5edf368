import type { HostProblem } from '../../../../src-preload/contract/hosts';
import type { SystemState } from '../../../../src-preload/contract/inventory';

/** From here on logs, snapshots' names and certificates of two machines no longer tell the same story. */
const skewWarningSeconds = 5;
const unitsNamed = 3;

function inWords(seconds: number): string {
  const whole = Math.abs(seconds);
  if (whole < 120) return `${whole} s`;
  if (whole < 2 * 3600) return `${Math.round(whole / 60)} min`;
  if (whole < 2 * 86_400) return `${Math.round(whole / 3600)} h`;
  return `${Math.round(whole / 86_400)} days`;
}

/** Problems of the host itself; what it could not tell is no problem. */
export function systemProblems(system: SystemState | null): HostProblem[] {
  const problems: HostProblem[] = [];
  const offset = system?.clockOffsetSeconds ?? 0;
  if (Math.abs(offset) > skewWarningSeconds) {
    problems.push({
      severity: 'warning',
      text: `The clock is ${inWords(offset)} ${offset > 0 ? 'ahead of' : 'behind'} this laptop's.`,
      advice: 'Check time synchronisation on both: timedatectl status, chronyc tracking.',
      poolId: null,
    });
  }
  const units = system?.failedUnits ?? [];
  if (units.length > 0) {
    const named = units
      .slice(0, unitsNamed)
      .map(({ name, description }) => (description === '' ? name : `${name} (${description})`));
    const more = units.length - named.length;
    problems.push({
      severity: 'warning',
      text: `${units.length === 1 ? 'A systemd unit has' : `${units.length} systemd units have`} failed: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`,
      advice: `See why: systemctl status ${units[0]?.name ?? ''}`,
      poolId: null,
    });
  }
  return problems;
}
