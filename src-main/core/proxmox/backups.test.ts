import { expect, it } from 'vitest';
import type { ClusterInventory } from '../../../src-preload/contract/clusters';
import { readBackups } from './backups';
import type { ApiClient } from './client/client';

const nobodyIsAsked = {
  get: () => {
    throw new Error('A storage that is not available was asked.');
  },
} as unknown as ApiClient;

it('of a shared storage that no node reaches are said once not to be known', async () => {
  const vault = { name: 'vault', shared: true, content: ['backup'], available: false };
  const inventory = {
    nodes: [
      { name: 'pve1', status: 'online' },
      { name: 'pve2', status: 'online' },
    ],
    storages: [
      { ...vault, node: 'pve1' },
      { ...vault, node: 'pve2' },
      { name: 'local', node: 'pve2', shared: false, content: ['backup'], available: false },
      { name: 'iso', node: 'pve1', shared: false, content: ['iso'], available: false },
    ],
  } as unknown as ClusterInventory;
  expect(await readBackups(nobodyIsAsked, inventory)).toEqual({
    backups: [],
    unread: [
      { storage: 'vault', text: 'It is not available now.' },
      { storage: 'local on pve2', text: 'It is not available now.' },
    ],
  });
});
