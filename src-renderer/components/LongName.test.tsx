// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { LongName } from './LongName';

afterEach(cleanup);

it('keeps the end of a long name apart, and the whole as its text', () => {
  render(<LongName name="autosnap_2026-11-29_04:00:12_hourly" title="tank@autosnap" />);
  const name = screen.getByTitle('tank@autosnap');
  expect(name.textContent).toBe('autosnap_2026-11-29_04:00:12_hourly');
  expect([...name.children].map(({ textContent }) => textContent)).toEqual([
    'autosnap_2026-11-29_04:00:1',
    '2_hourly',
  ]);
});

it('leaves a short name whole and never cuts a character in two', () => {
  render(<LongName name="daily" />);
  expect(screen.getByTitle('daily').children).toHaveLength(1);
  const long = `${'a'.repeat(20)}${'😀'.repeat(9)}`;
  render(<LongName name={long} />);
  expect(screen.getByTitle(long).lastChild?.textContent).toBe('😀'.repeat(8));
});
