import {
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
  IconHelpCircleFilled,
  IconAlertOctagonFilled,
} from '@tabler/icons-react';
import type { Health } from '../../src-preload/contract/hosts';
import { healthWords } from '../format/words-format';

const icons = {
  ok: IconCircleCheckFilled,
  warning: IconAlertTriangleFilled,
  critical: IconAlertOctagonFilled,
  unknown: IconHelpCircleFilled,
} as const;

/** Health by shape, colour and word: never by colour alone. */
export function HealthMark({
  health,
  size = 16,
  label = false,
}: {
  health: Health;
  size?: number;
  label?: boolean;
}) {
  const Icon = icons[health];
  return (
    <span
      style={{
        display: 'inline-flex',
        alignItems: 'center',
        gap: 6,
        color: `var(--hf-${health})`,
        flex: 'none',
      }}
      title={healthWords[health]}
    >
      <Icon
        size={size}
        aria-hidden={label}
        aria-label={label ? undefined : healthWords[health]}
        role={label ? undefined : 'img'}
      />
      {label && <span style={{ fontWeight: 500 }}>{healthWords[health]}</span>}
    </span>
  );
}
