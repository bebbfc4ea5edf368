// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core';
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OperationResult, Plan } from '../../src-preload/contract/operations';
import { closePlan, followOperations, openPlan, openSequence, usePlanStore } from '../stores/plan-store';
import { installBridge, installBrowserParts } from '../test/bridge';
import { PlanView } from './PlanView';

const plan: Plan = {
  id: '6f1c2b84-5a0e-4f5e-9a64-6a2f7d1c0001',
  action: 'zfs.snapshot.rollback',
  title: 'Roll back ZFS dataset',
  host: {
    kind: 'host',
    id: 'nas',
    name: 'nas-01',
    address: '192.0.2.1',
    environment: { label: 'Production', colour: 'red', production: true },
    accessLevel: 'administer',
  },
  risk: 'catastrophic',
  target: { kind: 'dataset', name: 'tank/data' },
  steps: [
    {
      kind: 'ssh',
      title: 'Roll back',
      argv: ['sudo', '-n', '--', '/usr/sbin/zfs', 'rollback', '-r', '--', 'tank/data@a'],
      commandLine: 'LC_ALL=C sudo -n -- /usr/sbin/zfs rollback -r -- tank/data@a',
      explain: 'Goes back.',
      acceptExitCodes: [0],
      timeoutSeconds: 60,
    },
  ],
  consequences: [
    { severity: 'info', text: 'A note.', items: [] },
    {
      severity: 'loss',
      text: 'Newer snapshots are destroyed.',
      items: Array.from({ length: 12 }, (_, index) => ({ name: `tank/data@n${index}`, sizeBytes: 1024 })),
    },
  ],
  blockers: [],
  undo: null,
  typed: { target: 'tank/data', host: 'nas-01' },
  createdAtMs: Date.now(),
  expiresAtMs: Date.now() + 600_000,
  digest: '0'.repeat(64),
};

const done: OperationResult = {
  operationId: '6f1c2b84-5a0e-4f5e-9a64-6a2f7d1c0002',
  planId: plan.id,
  outcome: 'ok',
  message: 'Rolled back.',
  verification: { status: 'confirmed', text: 'Read again: it is there.' },
  steps: [],
  durationMs: 1200,
  error: null,
};

const request = { hostId: 'nas', action: 'zfs.snapshot.rollback' as const, input: {} };

function show() {
  return render(
    <MantineProvider env="test">
      <PlanView />
    </MantineProvider>,
  );
}

beforeEach(installBrowserParts);
afterEach(() => {
  cleanup();
  closePlan();
});

describe('PlanView', () => {
  it('shows commands exactly as sent and losses before notes', async () => {
    installBridge({ 'operations:plan': () => ({ ok: true, value: plan }) });
    show();
    await openPlan(request);
    expect(await screen.findByText(plan.steps[0]?.commandLine ?? '')).toBeTruthy();
    const text = document.body.textContent;
    expect(text.indexOf('Newer snapshots are destroyed.')).toBeLessThan(text.indexOf('A note.'));
    expect(screen.getByText('Show all 12')).toBeTruthy();
    expect(screen.getByText(/can’t be undone/)).toBeTruthy();
  });

  it('keeps the way on shut until both names are typed, and Enter does not run', async () => {
    const bridge = installBridge({
      'operations:plan': () => ({ ok: true, value: plan }),
      'operations:run': () => ({ ok: true, value: done }),
    });
    show();
    await openPlan(request);
    const go = await screen.findByRole<HTMLButtonElement>('button', { name: 'Continue to confirmation' });
    expect(go.disabled).toBe(true);
    const target = screen.getByLabelText(/name of the target/);
    const host = screen.getByLabelText(/name of the host/);
    fireEvent.change(target, { target: { value: 'tank/dat' } });
    fireEvent.change(host, { target: { value: 'nas-01' } });
    expect(go.disabled).toBe(true);
    fireEvent.change(target, { target: { value: 'tank/data' } });
    expect(go.disabled).toBe(false);
    fireEvent.keyDown(target, { key: 'Enter' });
    expect(bridge.calls.filter(({ channel }) => channel === 'operations:run')).toEqual([]);
    fireEvent.click(go);
    await screen.findByText('Rolled back.');
    expect(bridge.calls.at(-1)).toEqual({
      channel: 'operations:run',
      request: { planId: plan.id, typedTarget: 'tank/data', typedHost: 'nas-01' },
    });
  });

  it('offers no run while a blocker stands, and says what lifts it', async () => {
    const blocked = {
      ...plan,
      blockers: [{ text: 'The snapshot is held.', remedy: 'zfs release keep tank/data@a' }],
    };
    installBridge({ 'operations:plan': () => ({ ok: true, value: blocked }) });
    show();
    await openPlan(request);
    await screen.findByText('The snapshot is held.');
    expect(screen.getByText('zfs release keep tank/data@a')).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Continue to confirmation' })).toBeNull();
    expect(screen.queryByLabelText(/name of the target/)).toBeNull();
  });

  describe('staged for later', () => {
    const calm: Plan = { ...plan, risk: 'safe', typed: { target: null, host: null } };
    const change = { id: '6f1c2b84-5a0e-4f5e-9a64-6a2f7d1c0003', stagedAtMs: Date.now(), note: 'Sunday' };
    const other = '6f1c2b84-5a0e-4f5e-9a64-6a2f7d1c0004';
    const ended = { ...done, outcome: 'cancelled' as const, message: 'Cancelled in the confirmation.' };

    it('sends the note with the plan that is shown, says where it waits, and runs nothing', async () => {
      const bridge = installBridge({
        'operations:plan': () => ({ ok: true, value: calm }),
        'changes:stage': () => ({ ok: true, value: { change: {} } }),
      });
      show();
      await openPlan(request);
      fireEvent.click(await screen.findByRole('button', { name: 'Stage for later…' }));
      fireEvent.change(screen.getByRole('textbox', { name: 'Note' }), {
        target: { value: 'before the upgrade' },
      });
      fireEvent.click(screen.getByRole('button', { name: 'Stage this change' }));
      await screen.findByText('Staged for later');
      expect(bridge.calls.at(-1)).toEqual({
        channel: 'changes:stage',
        request: { planId: plan.id, note: 'before the upgrade' },
      });
      expect(screen.queryByRole('button', { name: 'Continue to confirmation' })).toBeNull();
    });

    it('is offered of a plan that cannot run now, and says why where a secret is in it', async () => {
      const blockers = [{ text: 'The guest runs.', remedy: 'Stop it.' }];
      installBridge({ 'operations:plan': () => ({ ok: true, value: { ...calm, blockers } }) });
      show();
      await openPlan(request);
      const button = await screen.findByRole('button', { name: 'Stage for later…' });
      expect(button.getAttribute('aria-disabled')).toBe('false');
      installBridge({ 'operations:plan': () => ({ ok: true, value: { ...calm, onlyNow: 'A secret.' } }) });
      await openPlan(request);
      await waitFor(() =>
        expect(screen.getByRole('button', { name: 'Stage for later…' }).getAttribute('aria-disabled')).toBe(
          'true',
        ),
      );
      fireEvent.click(screen.getByRole('button', { name: 'Stage for later…' }));
      expect(screen.queryByRole('textbox', { name: 'Note' })).toBeNull();
    });

    it('goes on to the next of a sequence only after one that ended well', async () => {
      let result: OperationResult = done;
      const bridge = installBridge({
        'changes:plan': () => ({ ok: true, value: { ...calm, change } }),
        'operations:run': () => ({ ok: true, value: result }),
      });
      show();
      openSequence([change.id, other]);
      fireEvent.click(await screen.findByRole('button', { name: 'Continue to confirmation' }));
      fireEvent.click(await screen.findByRole('button', { name: 'Plan the next (2 of 2)' }));
      await screen.findByText(/Staged change 2 of 2/);
      expect(bridge.calls.at(-1)).toEqual({ channel: 'changes:plan', request: { changeId: other } });

      result = ended;
      openSequence([change.id, other]);
      await screen.findByText(/Staged change 1 of 2/);
      fireEvent.click(await screen.findByRole('button', { name: 'Continue to confirmation' }));
      await screen.findByText(/The sequence stops here/);
      expect(screen.queryByRole('button', { name: /Plan the next/ })).toBeNull();
      expect(screen.queryByRole('button', { name: 'Stage for later…' })).toBeNull();
    });

    it('is not run in a sequence when it is catastrophic by now', async () => {
      installBridge({
        'changes:plan': () => ({ ok: true, value: { ...calm, risk: 'catastrophic', change } }),
      });
      show();
      openSequence([change.id, other]);
      const go = await screen.findByRole<HTMLButtonElement>('button', { name: 'Continue to confirmation' });
      expect(go.disabled).toBe(true);
      openSequence([change.id]);
      await waitFor(() =>
        expect(
          screen.getByRole<HTMLButtonElement>('button', { name: 'Continue to confirmation' }).disabled,
        ).toBe(false),
      );
    });
  });

  describe('over several objects', () => {
    const steps = [...plan.steps, ...plan.steps];
    const several = { ...plan, risk: 'safe' as const, typed: { target: null, host: null }, steps };
    const items = [{ snapshot: 'tank@a' }, { snapshot: 'tank@b' }];
    const ran = (...statuses: OperationResult['steps'][number]['status'][]): OperationResult => ({
      ...done,
      outcome: 'failed',
      message: '1 of 2 failed.',
      steps: statuses.map((status) => ({
        ...{ status, exitCode: null, durationMs: 1, stdout: '', stderr: '' },
      })),
    });
    const runTo = async (result: OperationResult) => {
      const bridge = installBridge({
        'operations:plan': () => ({ ok: true, value: several }),
        'operations:run': () => ({ ok: true, value: result }),
      });
      show();
      await openPlan({ ...request, input: { items, goOn: true } });
      fireEvent.click(await screen.findByRole('button', { name: 'Continue to confirmation' }));
      await screen.findByText('1 of 2 failed.');
      return bridge;
    };
    const planned = (bridge: { calls: readonly { channel: string; request: unknown }[] }) =>
      bridge.calls.filter(({ channel }) => channel === 'operations:plan').map((made) => made.request);

    it('plans anew when it is to stop at the first failure', async () => {
      const bridge = installBridge({ 'operations:plan': () => ({ ok: true, value: several }) });
      show();
      await openPlan({ ...request, input: { items, goOn: true } });
      fireEvent.click(await screen.findByRole('radio', { name: 'Stop there' }));
      await waitFor(() => expect(planned(bridge)).toHaveLength(2));
      expect(planned(bridge)[1]).toEqual({ ...request, input: { items, goOn: false } });
    });

    it('plans what is left after a failure', async () => {
      const bridge = await runTo(ran('failed', 'done'));
      fireEvent.click(screen.getByRole('button', { name: 'Plan what is left' }));
      await waitFor(() => expect(planned(bridge)).toHaveLength(2));
      expect(planned(bridge)[1]).toEqual({ ...request, input: { items, goOn: true } });
    });

    it('does not invite to do again what may have been done', async () => {
      await runTo(ran('unknown', 'not-run'));
      expect(screen.queryByRole('button', { name: 'Plan what is left' })).toBeNull();
    });
  });

  it('does not offer to run an expired plan', async () => {
    installBridge({
      'operations:plan': () => ({ ok: true, value: { ...plan, expiresAtMs: Date.now() - 1 } }),
    });
    show();
    await openPlan(request);
    await screen.findByText('Plan expired');
    expect(screen.queryByRole('button', { name: 'Continue to confirmation' })).toBeNull();
    expect(screen.getByRole('button', { name: 'Plan again' })).toBeTruthy();
  });

  it('shows why planning failed', async () => {
    installBridge({
      'operations:plan': () => ({
        ok: false,
        error: {
          code: 'sudo-refused',
          message: 'sudo refused zfs.',
          remedy: 'admin ALL=(root) NOPASSWD: /usr/sbin/zfs',
        },
      }),
    });
    show();
    await openPlan(request);
    await screen.findByText('sudo refused zfs.');
    expect(screen.getByText('admin ALL=(root) NOPASSWD: /usr/sbin/zfs')).toBeTruthy();
  });

  it('streams output of its own plan only', async () => {
    const bridge = installBridge({
      'operations:plan': () => ({ ok: true, value: { ...plan, typed: { target: null, host: null } } }),
      'operations:run': () => new Promise(() => undefined),
    });
    const stop = followOperations();
    show();
    await openPlan(request);
    fireEvent.click(await screen.findByRole('button', { name: 'Continue to confirmation' }));
    const progress = { operationId: done.operationId, phase: 'executing', stepIndex: 0 };
    bridge.emit('operations:progress', {
      ...progress,
      planId: plan.id,
      output: { stream: 'stdout', chunk: 'mine' },
    });
    bridge.emit('operations:progress', {
      ...progress,
      planId: 'other',
      output: { stream: 'stdout', chunk: 'theirs' },
    });
    await waitFor(() => expect(screen.getByText('mine')).toBeTruthy());
    expect(screen.queryByText(/theirs/)).toBeNull();
    expect(usePlanStore.getState().phase).toBe('executing');
    stop();
  });
});
