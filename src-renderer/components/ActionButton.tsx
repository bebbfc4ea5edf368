import { Button, Tooltip, type ButtonProps } from '@mantine/core';
import type { ReactNode } from 'react';

interface ActionButtonProps extends Pick<
  ButtonProps,
  'variant' | 'color' | 'size' | 'leftSection' | 'loading'
> {
  children: ReactNode;
  /** Why it can't be done now; null: it can. The button stays focusable so that the excuse can be read. */
  excuse: string | null;
  onClick: () => void;
  label?: string;
}

export function ActionButton({ excuse, onClick, children, label, ...look }: ActionButtonProps) {
  const button = (
    <Button
      {...look}
      aria-label={label}
      aria-disabled={excuse !== null}
      data-disabled={excuse !== null || undefined}
      onClick={(event) => {
        event.stopPropagation();
        if (excuse === null) onClick();
      }}
    >
      {children}
    </Button>
  );
  if (excuse === null) return button;
  return (
    <Tooltip label={excuse} events={{ hover: true, focus: true, touch: true }}>
      {button}
    </Tooltip>
  );
}
