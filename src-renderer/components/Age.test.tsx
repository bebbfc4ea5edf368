// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { Age } from './Age';

afterEach(cleanup);

it('shows a time that no calendar holds, which who may write a file can give it', () => {
  render(<Age atMs={8.64e15 + 1} />);
  const age = screen.getByTitle('the far future');
  expect(age.getAttribute('datetime')).toBeNull();
  expect(age.textContent).toMatch(/^in \d+ y$/);
});

it('tells the moment besides the age', () => {
  render(<Age atMs={Date.now() - 2 * 3_600_000} />);
  expect(screen.getByText('2 h ago').getAttribute('datetime')).toMatch(/^\d{4}-.*Z$/);
});
