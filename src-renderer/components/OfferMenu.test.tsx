// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Offer } from '../../src-preload/contract/operations';
import { useOffersStore } from '../stores/offers-store';
import { installBridge, installBrowserParts } from '../test/bridge';
import { OfferForm } from './OfferForm';
import { OfferMenu } from './OfferMenu';

const disk = (name: string, excuse: string | null = null) => ({
  value: `/dev/disk/by-id/${name}`,
  label: name,
  hint: null,
  excuse,
  sizeBytes: 1024 ** 4,
});

const create: Offer = {
  action: 'zfs.snapshot.create',
  label: 'Create ZFS pool…',
  group: 'create',
  risk: 'safe',
  excuse: null,
  input: { level: 'mirror' },
  fields: [
    {
      kind: 'text',
      name: 'name',
      label: 'Name',
      help: null,
      value: '',
      required: true,
      maxLength: 20,
      placeholder: null,
      inBulk: null,
    },
    {
      kind: 'size',
      name: 'quota',
      label: 'Quota',
      help: null,
      value: '',
      required: false,
      maxBytes: null,
    },
    {
      kind: 'pick',
      name: 'devices',
      label: 'Disks',
      help: null,
      value: [],
      min: 2,
      max: 9,
      options: [disk('sda'), disk('sdb', 'It holds the VG vg0.'), disk('sdc')],
    },
  ],
};
const destroy: Offer = {
  action: 'zfs.snapshot.destroy',
  label: 'Destroy…',
  group: 'destroy',
  risk: 'destructive',
  excuse: 'Holdfast is in read-only mode.',
  input: { snapshot: 'tank@a' },
  fields: [],
};

function draw(node: React.ReactNode) {
  return render(<MantineProvider env="test">{node}</MantineProvider>);
}

beforeEach(() => {
  installBrowserParts();
  useOffersStore.setState({ form: null, createPool: null, replace: null });
});

afterEach(cleanup);

describe('the menu of what can be done', () => {
  it('asks the core when it opens, and does not run what has an excuse', async () => {
    const bridge = installBridge({
      'operations:offers': () => ({ ok: true, value: { offers: [create, destroy] } }),
      'operations:plan': () => ({ ok: false, error: { code: 'refused', message: 'no' } }),
    });
    draw(
      <OfferMenu
        hostId="nas"
        subject={{ kind: 'snapshot', snapshotId: 'zfs:tank@a' }}
        label="Actions for a"
      />,
    );
    expect(bridge.calls).toEqual([]);
    fireEvent.click(screen.getByRole('button', { name: 'Actions for a' }));
    fireEvent.click(await screen.findByRole('menuitem', { name: 'Destroy…' }));
    expect(bridge.calls.map(({ channel }) => channel)).toEqual(['operations:offers']);
    fireEvent.click(screen.getByRole('menuitem', { name: 'Create ZFS pool…' }));
    expect(useOffersStore.getState().form).toMatchObject({
      hostId: 'nas',
      offer: { label: 'Create ZFS pool…' },
    });
  });

  it('says why nothing can be offered', async () => {
    installBridge({
      'operations:offers': () => ({
        ok: false,
        error: { code: 'not-found', message: 'The pool is not in the last known inventory.' },
      }),
    });
    draw(<OfferMenu hostId="nas" subject={{ kind: 'pool', poolId: 'x' }} label="Actions for x" />);
    fireEvent.click(screen.getByRole('button', { name: 'Actions for x' }));
    expect(await screen.findByText(/not in the last known inventory/)).toBeDefined();
  });

  it('closes on Escape wherever the focus is, also while it says why something can’t be done', async () => {
    installBridge({ 'operations:offers': () => ({ ok: true, value: { offers: [create, destroy] } }) });
    draw(<OfferMenu hostId="nas" subject={{ kind: 'pool', poolId: 'x' }} label="Actions for x" />);
    const button = screen.getByRole('button', { name: 'Actions for x' });
    const item = () => screen.findByRole('menuitem', { name: 'Destroy…' });
    // On the button: a dialog that was closed just before gives it back the focus that the menu had taken.
    for (const focused of [item, () => button]) {
      for (const explained of [false, true]) {
        fireEvent.click(button);
        const refused = await item();
        if (explained) {
          fireEvent.mouseEnter(refused);
          await screen.findByText('Holdfast is in read-only mode.');
        }
        const element = await focused();
        element.focus();
        fireEvent.keyDown(element, { key: 'Escape' });
        expect(screen.queryByRole('menu')).toBeNull();
      }
    }
  });
});

describe('the form of an action', () => {
  it('asks for a plan only once every answer can stand, with empty options as null', () => {
    const bridge = installBridge({
      'operations:plan': () => ({ ok: false, error: { code: 'refused', message: 'no' } }),
    });
    draw(<OfferForm hostId="nas" offer={create} />);
    const show = screen.getByRole('button', { name: 'Show the plan' });
    fireEvent.click(show);
    expect(screen.getByText('Required')).toBeDefined();
    expect(screen.getByText('Choose at least 2')).toBeDefined();
    fireEvent.change(screen.getByRole('textbox', { name: /Name/ }), { target: { value: 'tank' } });
    expect(screen.getByRole('checkbox', { name: 'sdb' })).toHaveProperty('disabled', true);
    expect(screen.getByText('It holds the VG vg0.')).toBeDefined();
    // Chosen backwards, sent in the order of the list.
    fireEvent.click(screen.getByRole('checkbox', { name: 'sdc' }));
    fireEvent.click(screen.getByRole('checkbox', { name: 'sda' }));
    fireEvent.click(show);
    expect(bridge.calls).toEqual([
      {
        channel: 'operations:plan',
        request: {
          hostId: 'nas',
          action: 'zfs.snapshot.create',
          input: {
            level: 'mirror',
            name: 'tank',
            quota: null,
            devices: ['/dev/disk/by-id/sda', '/dev/disk/by-id/sdc'],
          },
        },
      },
    ]);
  });

  it('does not send what has an excuse', () => {
    const bridge = installBridge({});
    draw(<OfferForm hostId="nas" offer={{ ...create, excuse: 'ZFS is not installed.' }} />);
    expect(screen.getByText('ZFS is not installed.')).toBeDefined();
    expect(screen.getByRole('button', { name: 'Show the plan' })).toHaveProperty('disabled', true);
    expect(bridge.calls).toEqual([]);
  });
});
