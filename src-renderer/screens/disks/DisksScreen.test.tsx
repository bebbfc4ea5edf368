// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core';
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Disk, Smart } from '../../../src-preload/contract/disks';
import type { HostOverview, HostState } from '../../../src-preload/contract/hosts';
import type { HostInventory } from '../../../src-preload/contract/inventory';
import { useFleetStore } from '../../stores/fleet-store';
import { useInventoryStore, type InventoryEntry } from '../../stores/inventory-store';
import { installBridge, installBrowserParts } from '../../test/bridge';
import { byUrgency, kindOf, matches, rowsOf, usersOf } from './disk-rows';
import { DisksScreen } from './DisksScreen';
import { HostDisks } from './HostDisks';

const healthy: Smart = {
  status: 'passed',
  reason: null,
  temperatureCelsius: 34,
  powerOnHours: 9000,
  wearPercent: null,
  reallocatedSectors: 0,
  pendingSectors: 0,
  mediaErrors: 0,
  selfTest: { state: 'passed', remainingPercent: null, text: 'Short offline: Completed without error' },
};

function disk(name: string, patch: Partial<Disk> = {}): Disk {
  return {
    id: `ata-${name}`,
    path: `/dev/${name}`,
    stablePath: `/dev/disk/by-id/ata-${name}`,
    model: 'ST12000NM0127',
    serial: `SER-${name}`,
    wwn: null,
    sizeBytes: 12_000_138_625_024,
    transport: 'sata',
    rotational: true,
    removable: false,
    readOnly: false,
    logicalSectorBytes: 512,
    physicalSectorBytes: 4096,
    partitions: [],
    uses: [],
    ineligible: [],
    smartReadAtMs: 1_000,
    smart: healthy,
    health: 'ok',
    ...patch,
  };
}

const failing = disk('sdc', {
  health: 'critical',
  smart: {
    ...healthy,
    status: 'failed',
    reallocatedSectors: 3872,
    selfTest: { state: 'failed', remainingPercent: null, text: 'Extended offline: Completed: read failure' },
  },
  uses: [
    { kind: 'zpool', name: 'vault', path: '/dev/sdc1' },
    { kind: 'mount', name: '/srv', path: '/dev/sdc2' },
  ],
  ineligible: ['It belongs to the zpool vault.', '/dev/sdc2 is mounted at /srv.'],
  partitions: [
    {
      path: '/dev/sdc2',
      label: null,
      sizeBytes: 1000,
      content: 'ext4',
      mountpoints: ['/srv'],
      filesystemSizeBytes: 1000,
      filesystemUsedBytes: 870,
    },
  ],
});
const virtual = disk('vda', {
  transport: 'virtio',
  model: null,
  health: 'unknown',
  smart: {
    ...healthy,
    status: 'unavailable',
    reason: 'smartctl is not installed on this host: apt install smartmontools',
  },
});

const hostOf = (id: string) => ({
  id,
  name: id,
  address: '127.0.0.1',
  port: 22,
  user: 'admin',
  auth: { kind: 'agent' as const },
  sudo: true,
  environment: { label: 'Lab', colour: 'teal' as const, production: false },
  accessLevel: 'administer' as const,
  demo: false,
  createdAtMs: 0,
});

function overview(id: string, status: HostState['status'] = 'online'): HostOverview {
  return {
    host: hostOf(id),
    state: { status, error: null, lastSeenAtMs: null, unknownOperations: 0 },
    summary: null,
  };
}

function inventory(hostId: string, disks: Disk[] | null, patch: Partial<HostInventory> = {}): HostInventory {
  return {
    hostId,
    takenAtMs: 0,
    durationMs: 0,
    backends: [],
    pools: [],
    volumes: [],
    snapshotCount: 0,
    disks,
    disksError: null,
    ...patch,
  };
}

function show(
  hosts: HostOverview[],
  inventories: Record<string, HostInventory | null>,
  answers: Parameters<typeof installBridge>[0] = {},
) {
  const bridge = installBridge({
    'inventory:read': (request) => ({
      ok: true,
      value: { inventory: inventories[(request as { hostId: string }).hostId] ?? null },
    }),
    ...answers,
  });
  useFleetStore.setState({ hosts, status: 'ready', refreshing: false });
  const entries = Object.entries(inventories).map(([id, found]): [string, InventoryEntry] => [
    id,
    { status: 'ready', inventory: found, error: null, refreshing: false },
  ]);
  useInventoryStore.setState({ byHost: Object.fromEntries(entries) });
  render(
    <MantineProvider env="test">
      <DisksScreen />
    </MantineProvider>,
  );
  return bridge;
}

beforeEach(() => {
  installBrowserParts();
  // A window for the table's rows to be drawn in; jsdom has no layout.
  vi.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(600);
  vi.spyOn(Element.prototype, 'clientWidth', 'get').mockReturnValue(1200);
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

const rowTexts = () =>
  within(screen.getByRole('table', { name: 'Disks' }))
    .getAllByRole('row')
    .slice(1)
    .map((row) => row.textContent);

describe('the table of all disks', () => {
  it('shows the disks of all hosts, failing first, those without SMART last', () => {
    show([overview('nas'), overview('kvm')], {
      nas: inventory('nas', [disk('sda'), failing]),
      kvm: inventory('kvm', [
        virtual,
        disk('sdb', { health: 'warning', smart: { ...healthy, pendingSectors: 2 } }),
      ]),
    });
    expect(rowTexts().map((text) => /sd[abc]|vda/.exec(text ?? '')?.[0])).toEqual([
      'sdc',
      'sdb',
      'sda',
      'vda',
    ]);
    expect(rowTexts()[0]).toContain('Failing');
    expect(rowTexts()[0]).toContain('vault');
    expect(rowTexts()[0]).toContain('ST12000NM0127 · SER-sdc');
    expect(screen.getByText(/4 disks on 2 hosts/).textContent).toContain('1 failing · 1 with warnings');
  });

  it('never draws what it does not know as good', () => {
    show([overview('kvm')], { kvm: inventory('kvm', [virtual]) });
    const [row] = within(screen.getByRole('table', { name: 'Disks' }))
      .getAllByRole('row')
      .slice(1);
    if (row === undefined) throw new Error('There is no row.');
    expect(within(row).getByRole('img', { name: 'Unknown' })).toBeDefined();
    expect(within(row).queryByRole('img', { name: 'Healthy' })).toBeNull();
  });

  it('says how to get smartctl where it is missing', () => {
    show([overview('kvm')], { kvm: inventory('kvm', [virtual]) });
    expect(screen.getByRole('status').textContent).toContain('/dev/vda: smartctl is not installed');
    expect(screen.getByRole('status').textContent).toContain('apt install smartmontools');
  });

  it('filters by words and by host', () => {
    show([overview('nas'), overview('kvm')], {
      nas: inventory('nas', [disk('sda'), failing]),
      kvm: inventory('kvm', [virtual]),
    });
    fireEvent.change(screen.getByRole('textbox', { name: 'Search disks' }), {
      target: { value: 'vault SER-SDC' },
    });
    expect(rowTexts()).toHaveLength(1);
    fireEvent.change(screen.getByRole('textbox', { name: 'Search disks' }), { target: { value: 'nothing' } });
    expect(screen.getByText('Nothing matches')).toBeDefined();
  });

  it('says which hosts were never read, are offline, or could not be read', () => {
    show([overview('new', 'never-connected'), overview('off', 'offline'), overview('bad')], {
      new: null,
      off: inventory('off', [disk('sda')]),
      bad: inventory('bad', null, {
        disksError: {
          code: 'command-missing',
          message: 'The disks could not be read: lsblk is not on this host.',
          remedy: 'apt install util-linux',
        },
      }),
    });
    const text = screen.getByRole('status').textContent;
    expect(text).toContain('newnever read');
    expect(text).toContain('offnot connected: its disks as last seen');
    expect(text).toContain('lsblk is not on this host. apt install util-linux');
  });

  it('says that nothing is known yet, and shows that it loads', () => {
    show([], {});
    expect(screen.getByText('No disks known yet')).toBeDefined();
    cleanup();
    show([overview('nas')], {});
    expect(screen.getByLabelText('Loading the disks')).toBeDefined();
  });
});

describe('the drawer of one disk', () => {
  it('opens from its row with uses, reasons, partitions with their fill, and SMART', async () => {
    show([overview('nas')], { nas: inventory('nas', [failing]) });
    fireEvent.click(screen.getByText('sdc', { exact: false, selector: 'span.mono' }));
    const drawer = await screen.findByRole('dialog');
    expect(within(drawer).getByRole('region', { name: 'Used by' }).textContent).toContain('vault');
    const partitions = within(drawer).getByRole('region', { name: 'Partitions and file systems' });
    expect(
      within(partitions).getByRole('meter', { name: 'Used of /srv' }).getAttribute('aria-valuenow'),
    ).toBe('87');
    const pool = within(drawer).getByRole('region', { name: 'For a new pool' });
    expect(
      within(pool)
        .getAllByRole('listitem')
        .map(({ textContent }) => textContent),
    ).toEqual(failing.ineligible);
    const smart = within(drawer).getByRole('region', { name: 'SMART' });
    expect(smart.textContent).toContain('Reallocated sectors3,872');
    expect(smart.textContent).toContain('Completed: read failure');
  });

  it('asks the core what can be done to that disk, and shows the excuse', async () => {
    const bridge = show(
      [overview('nas')],
      { nas: inventory('nas', [failing]) },
      {
        'operations:offers': () => ({
          ok: true,
          value: {
            offers: [
              {
                action: 'disk.selftest.long',
                label: 'Start long self-test…',
                group: 'maintenance',
                risk: 'safe',
                excuse: null,
                input: { device: failing.stablePath },
                fields: [],
              },
              {
                action: 'disk.selftest.abort',
                label: 'Stop self-test…',
                group: 'maintenance',
                risk: 'safe',
                excuse: 'No self-test is under way.',
                input: { device: failing.stablePath },
                fields: [],
              },
            ],
          },
        }),
        'operations:plan': () => ({ ok: false, error: { code: 'refused', message: 'no' } }),
      },
    );
    fireEvent.click(screen.getByRole('button', { name: 'Actions for /dev/sdc of nas' }));
    const stop = await screen.findByRole('menuitem', { name: 'Stop self-test…' });
    expect(stop.getAttribute('aria-disabled')).toBe('true');
    fireEvent.click(screen.getByRole('menuitem', { name: 'Start long self-test…' }));
    const asked = bridge.calls.filter(({ channel }) => channel.startsWith('operations:'));
    expect(asked).toEqual([
      {
        channel: 'operations:offers',
        request: { hostId: 'nas', subject: { kind: 'disk', diskId: 'ata-sdc' } },
      },
      {
        channel: 'operations:plan',
        request: { hostId: 'nas', action: 'disk.selftest.long', input: { device: failing.stablePath } },
      },
    ]);
  });
});

describe('the disks on the page of a host', () => {
  const draw = (found: HostInventory) =>
    render(
      <MantineProvider env="test">
        <HostDisks host={hostOf('nas')} inventory={found} />
      </MantineProvider>,
    );

  it('stand with how many are free', () => {
    installBridge({});
    draw(inventory('nas', [disk('sda'), failing]));
    expect(screen.getByText('2 disks, 1 free')).toBeDefined();
    expect(screen.getByRole('table', { name: 'Disks of nas' })).toBeDefined();
    expect(screen.queryByRole('columnheader', { name: 'Host' })).toBeNull();
  });

  it('say why they could not be read, and that they were not read yet', () => {
    installBridge({});
    draw(inventory('nas', null, { disksError: { code: 'timed-out', message: 'lsblk did not answer.' } }));
    expect(screen.getByRole('alert').textContent).toContain('lsblk did not answer.');
    cleanup();
    draw(inventory('nas', null));
    expect(screen.getByText(/not read yet/)).toBeDefined();
    cleanup();
    draw(inventory('nas', []));
    expect(screen.getByText('No disks')).toBeDefined();
  });
});

describe('words about disks', () => {
  const host = hostOf('nas');

  it('name pools before mounts, and each user once', () => {
    expect(usersOf(failing)).toEqual(['vault']);
    expect(usersOf(disk('sda', { uses: [{ kind: 'mount', name: '/', path: '/dev/sda1' }] }))).toEqual(['/']);
    expect(usersOf(disk('sda'))).toEqual([]);
  });

  it('tell kinds apart and believe no motor of a virtual disk', () => {
    expect(kindOf(disk('sda'))).toBe('HDD, sata');
    expect(kindOf(disk('sda', { rotational: false }))).toBe('SSD, sata');
    expect(kindOf(disk('nvme0n1', { transport: 'nvme', rotational: false }))).toBe('NVMe');
    expect(kindOf(virtual)).toBe('virtio');
    expect(kindOf(disk('sda', { transport: null, rotational: null }))).toBe('–');
  });

  it('sort by number, not by letter, within one host', () => {
    const rows = rowsOf(host, inventory('nas', [disk('nvme10n1'), disk('nvme2n1')]));
    expect(byUrgency(rows).map((row) => row.disk.path)).toEqual(['/dev/nvme2n1', '/dev/nvme10n1']);
    expect(rows.every((row) => matches(row, ''))).toBe(true);
  });
});
