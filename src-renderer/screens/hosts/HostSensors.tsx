import { Title } from '@mantine/core';
import type { HostInventory } from '../../../src-preload/contract/inventory';
import { SensorsView } from '../../components/SensorsView';

/** What the board, the processors and the drives of a host tell by lm-sensors. */
export function HostSensors({ name, inventory }: { name: string; inventory: HostInventory }) {
  const sensors = inventory.system?.sensors;
  // Last read by a Holdfast that did not know them, or the connection broke.
  if (sensors === undefined) return null;
  return (
    <section aria-label="Sensors" className="panel" style={{ padding: '12px 16px' }}>
      <Title order={2} mb={6}>
        Sensors
      </Title>
      <SensorsView state={sensors} hostName={name} />
    </section>
  );
}
