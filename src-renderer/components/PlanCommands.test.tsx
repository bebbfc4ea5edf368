// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Plan, PlanStep } from '../../src-preload/contract/operations';
import { installBridge, installBrowserParts } from '../test/bridge';
import { PlanCommands } from './PlanCommands';

const step = (title: string): PlanStep => ({
  kind: 'ssh',
  title,
  argv: ['zfs', title],
  commandLine: `LC_ALL=C zfs ${title}`,
  explain: `It will ${title}.`,
  acceptExitCodes: [0],
  timeoutSeconds: 60,
});

function planOf(titles: readonly string[]): Plan {
  return {
    id: '7ff8a1a3-0c55-4b5e-9f0d-0a4a3e1f2b3c',
    action: 'zfs.snapshot.destroy',
    title: 'Destroy ZFS snapshot',
    host: {
      kind: 'host',
      id: 'nas',
      name: 'nas-01',
      address: '10.0.0.7',
      environment: { label: 'Office', colour: 'green', production: false },
      accessLevel: 'administer',
    },
    risk: 'destructive',
    target: { kind: 'snapshot', name: 'tank@a' },
    steps: titles.map(step),
    consequences: [],
    blockers: [],
    undo: null,
    typed: { target: null, host: null },
    createdAtMs: 0,
    expiresAtMs: 1,
    digest: 'ab'.repeat(32),
  };
}

const show = (titles: readonly string[]) =>
  render(
    <MantineProvider env="test">
      <PlanCommands plan={planOf(titles)} />
    </MantineProvider>,
  );

const copied: string[] = [];
let saved: { displayPath: string } | null;
beforeEach(() => {
  installBrowserParts();
  copied.length = 0;
  saved = { displayPath: '/home/mara/plan.sh' };
  installBridge({
    'operations:script': () => ({ ok: true, value: { script: '#!/bin/sh\n' } }),
    'operations:saveScript': () => ({ ok: true, value: { saved } }),
  });
  vi.stubGlobal('navigator', {
    ...navigator,
    clipboard: { writeText: async (text: string) => void copied.push(text) },
  });
});
afterEach(cleanup);

const explain = () => screen.getByRole('button', { name: 'Explain' });

describe('the commands of a plan', () => {
  it('are each named and explained from the start while they are few', () => {
    show(['hold', 'destroy']);
    expect(explain().getAttribute('aria-expanded')).toBe('true');
    expect(screen.getByText('2. destroy')).toBeTruthy();
    expect(screen.getByText('It will hold.')).toBeTruthy();
  });

  it('are explained on demand where there are many', () => {
    show(['a', 'b', 'c', 'd']);
    expect(explain().getAttribute('aria-expanded')).toBe('false');
    fireEvent.click(explain());
    expect(explain().getAttribute('aria-expanded')).toBe('true');
  });

  it('are not shown where the plan has none', () => {
    const { container } = show([]);
    expect(container.querySelector('section')).toBeNull();
  });

  it('can be had as a script, copied or saved', async () => {
    show(['destroy']);
    fireEvent.click(screen.getByRole('button', { name: 'Copy as shell script' }));
    expect((await screen.findByText(/^Copied\./)).textContent).toContain('Read it before you run it');
    expect(copied).toEqual(['#!/bin/sh\n']);
    fireEvent.click(screen.getByRole('button', { name: 'Save script…' }));
    expect(await screen.findByText('Saved as /home/mara/plan.sh')).toBeTruthy();
  });

  it('say why there is no script', async () => {
    installBridge({
      'operations:script': () => ({ ok: false, error: { code: 'not-found', message: 'Plan it again.' } }),
    });
    show(['destroy']);
    fireEvent.click(screen.getByRole('button', { name: 'Copy as shell script' }));
    expect(await screen.findByText('Plan it again.')).toBeTruthy();
    expect(copied).toEqual([]);
  });
});
