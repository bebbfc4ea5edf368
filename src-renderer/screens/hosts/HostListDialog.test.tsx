// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core';
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeDialogs, openHostListDialog } from '../../stores/dialog-store';
import { installBridge, installBrowserParts } from '../../test/bridge';
import { HostListDialog } from './HostListDialog';

const entry = (name: string, status: string, notes: string[] = []) => ({
  name,
  address: `${name}.example.net`,
  port: 22,
  user: 'admin',
  login: 'key-file',
  via: null,
  status,
  notes,
});

describe('the dialog of the host list', () => {
  beforeEach(installBrowserParts);
  afterEach(() => {
    closeDialogs();
    cleanup();
  });

  it('lets only new hosts be chosen, says why not the others, and adds those', async () => {
    const { calls } = installBridge({
      'hosts:openList': () => ({
        ok: true,
        value: {
          found: {
            listId: '6f8a5cf0-9a0e-4c53-8f5d-3b7c1f0b9a11',
            displayPath: '~/team/hosts.json',
            entries: [
              entry('nas', 'differs', ['login name: admin here, root in the file']),
              entry('box', 'new'),
              entry('lost', 'refused', ['Its jump host x is neither in the list nor in the file.']),
            ],
          },
        },
      }),
      'hosts:importList': () => ({
        ok: true,
        value: { added: [{ name: 'box' }], refused: [{ name: 'late', reason: 'It is gone.' }] },
      }),
      'hosts:list': () => ({ ok: true, value: { hosts: [] } }),
    });
    openHostListDialog();
    render(<HostListDialog />, { wrapper: MantineProvider });
    expect((await screen.findByTitle('There is no host to export yet')).hasAttribute('disabled')).toBe(true);
    fireEvent.click(screen.getByRole('button', { name: 'Import from a file…' }));
    const table = await screen.findByRole('table', { name: 'Hosts of the file' });
    const box = (name: string) => within(table).getByRole<HTMLInputElement>('checkbox', { name });
    expect(box('Choose nas').disabled).toBe(true);
    expect(box('Choose nas').title).toContain('not changed by a file');
    expect(box('Choose lost').disabled).toBe(true);
    expect(within(table).getByText('login name: admin here, root in the file')).toBeTruthy();
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Add 0 hosts' }).disabled).toBe(true);
    fireEvent.click(box('Choose all new'));
    fireEvent.click(screen.getByRole('button', { name: 'Add 1 host' }));
    expect(await screen.findByText(/Added: box/)).toBeTruthy();
    expect(screen.getByText('late: It is gone.')).toBeTruthy();
    expect(calls.find(({ channel }) => channel === 'hosts:importList')?.request).toMatchObject({
      names: ['box'],
    });
  });
});
