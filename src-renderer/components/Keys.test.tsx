// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core';
import { closeSpotlight } from '@mantine/spotlight';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { closeDialogs, useDialogStore } from '../stores/dialog-store';
import { installBrowserParts } from '../test/bridge';
import { Keys } from './Keys';
import { Palette } from './Palette';
import { Shortcuts } from './Shortcuts';

beforeEach(installBrowserParts);
afterEach(() => {
  cleanup();
  closeDialogs();
  closeSpotlight();
});

const pressQuestionMark = (target: Element) =>
  fireEvent.keyDown(target, { key: '?', code: 'Slash', shiftKey: true });

// A key pressed in the first second of a slow start was lost: sheet and palette listened by themselves, and came later.
it.each([
  { part: <Shortcuts />, key: { key: '?', code: 'Slash', shiftKey: true }, shows: 'Keyboard shortcuts' },
  { part: <Palette />, key: { key: 'k', code: 'KeyK', ctrlKey: true }, shows: 'Snapshot now…' },
])('opens "$shows" that was asked for before it was there', async ({ part, key, shows }) => {
  const { rerender } = render(<Keys />);
  fireEvent.keyDown(document.body, key);
  rerender(
    <MantineProvider>
      <Keys />
      {part}
    </MantineProvider>,
  );
  expect(await screen.findByText(shows)).toBeTruthy();
});

it('opens the palette from within a field too, and leaves the field its other keys', async () => {
  render(
    <MantineProvider>
      <Keys />
      <Palette />
      <input aria-label="Search" />
    </MantineProvider>,
  );
  const field = screen.getByLabelText('Search');
  pressQuestionMark(field);
  expect(useDialogStore.getState().shortcuts).toBe(false);
  fireEvent.keyDown(field, { key: 'k', code: 'KeyK', ctrlKey: true });
  expect(await screen.findByLabelText('Command palette')).toBeTruthy();
});
