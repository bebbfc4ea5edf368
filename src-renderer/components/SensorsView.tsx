import { Stack, Text } from '@mantine/core';
import type { Sensor, SensorState } from '../../src-preload/contract/inventory';
import {
  sensorHealth,
  sensorKindWords,
  sensorKinds,
  sensorLimits,
  sensorValue,
} from '../format/sensor-format';
import { HealthMark } from './HealthMark';
import { PlainTable } from './PlainTable';

/** Temperatures, fans and voltages of a host, or in a sentence why there are none to see. */
export function SensorsView({ state, hostName }: { state: SensorState; hostName: string }) {
  if (state.status === 'not-installed') {
    return (
      <Text size="sm" c="dimmed">
        lm-sensors is not installed on {hostName}. Install the package{' '}
        <span className="mono" style={{ color: 'var(--mantine-color-text)' }}>
          lm-sensors
        </span>{' '}
        there, run <span className="mono">sensors-detect</span> once as root, then refresh the host.
      </Text>
    );
  }
  if (state.status === 'unreadable') {
    return (
      <Text size="sm" c="var(--hf-warning)" style={{ overflowWrap: 'anywhere' }}>
        The sensors could not be read: {state.reason}
      </Text>
    );
  }
  const { sensors, silent } = state;
  if (sensors.length === 0 && silent.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        lm-sensors finds no sensors on {hostName}. <span className="mono">sensors-detect</span>, run as root
        there, tells which drivers they take; a virtual machine usually has none.
      </Text>
    );
  }
  return (
    <Stack gap="md">
      {sensorKinds.map((kind) => {
        const rows = sensors.filter((sensor) => sensor.kind === kind);
        return rows.length === 0 ? null : <OfKind key={kind} kind={kind} rows={rows} />;
      })}
      {silent.length > 0 && (
        <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          There, but without a value: {silent.join(', ')}.
        </Text>
      )}
    </Stack>
  );
}

function OfKind({ kind, rows }: { kind: Sensor['kind']; rows: readonly Sensor[] }) {
  return (
    <PlainTable
      label={sensorKindWords[kind]}
      rows={rows}
      rowKey={({ chip, label }) => `${chip} ${label}`}
      empty=""
      columns={[
        { header: '', width: 30, render: (sensor) => <HealthMark health={sensorHealth(sensor)} size={14} /> },
        {
          header: sensorKindWords[kind],
          render: ({ chip, label }) => (
            <>
              {label}{' '}
              <Text span size="xs" c="dimmed" className="mono">
                {chip}
              </Text>
            </>
          ),
        },
        { header: 'Now', width: 120, numeric: true, oneLine: true, render: sensorValue },
        {
          header: 'Limits of the chip',
          width: 260,
          render: (sensor) => (
            <Text size="sm" c="dimmed">
              {sensorLimits(sensor)}
              {sensor.alarm && ', alarm'}
            </Text>
          ),
        },
      ]}
    />
  );
}
