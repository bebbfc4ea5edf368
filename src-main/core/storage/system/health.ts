import type { HostProblem } from '../../../../src-preload/contract/hosts';
import type { Sensor, SystemState } from '../../../../src-preload/contract/inventory';

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

/** Alarms of boards are often of inputs that nothing is wired to; a temperature at its own critical limit is not. */
const isTooHot = ({ kind, value, critical }: Sensor): boolean =>
  kind === 'temperature' && critical !== null && value >= critical;

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
  const hot = system?.sensors?.status === 'read' ? system.sensors.sensors.filter(isTooHot) : [];
  if (hot.length > 0) {
    const [first] = hot;
    problems.push({
      severity: 'critical',
      text: `${first?.label ?? ''} (${first?.chip ?? ''}) has ${first?.value ?? ''} °C, critical from ${first?.critical ?? ''} °C${hot.length > 1 ? `, and ${hot.length - 1} more` : ''}.`,
      advice: 'Look at fans, filters and the air of the room: it will slow down or switch off.',
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
