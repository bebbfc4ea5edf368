import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findRoute } from '../../demo/proxmox/router';
import { validate } from '../../demo/proxmox/validate';
import { encodeParameters, type ApiParameters } from './client/parameters';
import { changeCall, changeTemplates, type ChangeTemplate } from './requests';

const values = { node: 'pve1', vmid: 100, snapname: 'before' };

/** Everything that a change of ours may send, at its bounds. The schema is that of the real API (9.2). */
const samples: Partial<Record<ChangeTemplate, readonly ApiParameters[]>> = {
  'POST /nodes/{node}/qemu/{vmid}/status/shutdown': [
    { timeout: 10, forceStop: true },
    { timeout: 3600, forceStop: false },
  ],
  'POST /nodes/{node}/lxc/{vmid}/status/shutdown': [
    { timeout: 10, forceStop: true },
    { timeout: 3600, forceStop: false },
  ],
  'POST /nodes/{node}/qemu/{vmid}/migrate': [{ target: 'pve2', online: true, 'with-local-disks': true }],
  'POST /nodes/{node}/lxc/{vmid}/migrate': [{ target: 'pve2', restart: true }],
  'POST /nodes/{node}/qemu/{vmid}/clone': [{ newid: 999_999_999, name: 'a'.repeat(63), full: true }],
  'POST /nodes/{node}/lxc/{vmid}/clone': [{ newid: 100, hostname: 'a.b-c', full: false }],
  'POST /nodes/{node}/vzdump': ['zstd', 'gzip', 'lzo', '0'].flatMap((compress) =>
    ['snapshot', 'suspend', 'stop'].map((mode) => ({
      vmid: '100',
      storage: 'nas',
      mode,
      compress,
      'notes-template': 'a',
    })),
  ),
  'PUT /nodes/{node}/qemu/{vmid}/config': [
    {
      name: 'a',
      cores: '512',
      memory: '16',
      tags: 'a;b',
      description: 'x'.repeat(8192),
      onboot: '1',
      protection: '0',
      digest: 'a'.repeat(40),
    },
    { delete: 'tags,description' },
  ],
  'PUT /nodes/{node}/lxc/{vmid}/config': [
    {
      hostname: 'a',
      cores: '512',
      memory: '16',
      tags: 'a;b',
      description: 'x'.repeat(8192),
      onboot: '1',
      protection: '0',
      digest: 'a'.repeat(40),
    },
    { delete: 'tags,description' },
  ],
  'DELETE /nodes/{node}/qemu/{vmid}': [{ purge: true }],
  'DELETE /nodes/{node}/lxc/{vmid}': [{ purge: true }],
  'POST /nodes/{node}/qemu/{vmid}/snapshot': [
    { snapname: 'ab', vmstate: true },
    { snapname: 'a'.repeat(40), description: 'x'.repeat(255) },
  ],
  'POST /nodes/{node}/lxc/{vmid}/snapshot': [{ snapname: 'ab' }, { snapname: 'ab', description: 'x' }],
  'POST /nodes/{node}/qemu/{vmid}/snapshot/{snapname}/rollback': [{ start: true }],
  'POST /nodes/{node}/lxc/{vmid}/snapshot/{snapname}/rollback': [{ start: true }],
};

function asReceived(text: string): Record<string, string | string[]> {
  const received: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const before = received[name];
    received[name] = before === undefined ? value : [...[before].flat(), value];
  }
  return received;
}

describe('the changes that Holdfast can send', () => {
  it.each(changeTemplates)('%s: path, method and parameters are those of the real API', (template) => {
    for (const parameters of samples[template] ?? [{}]) {
      const { method, path } = changeCall(template, values, parameters);
      const route = findRoute(method, decodeURIComponent(path));
      if (route === undefined) throw new Error(`The API has no ${template}.`);
      expect(route.call.path).toBe(template.split(' ')[1]);
      expect(() =>
        validate(route.call, { ...asReceived(encodeParameters(parameters)), ...route.parameters }),
      ).not.toThrow();
    }
  });

  it('the check refuses what the API does not know', () => {
    const route = findRoute('POST', '/nodes/pve1/qemu/100/status/shutdown');
    if (route === undefined) throw new Error('no route');
    expect(() => validate(route.call, { ...route.parameters, forcestop: '1' })).toThrow();
    expect(() => validate(route.call, { ...route.parameters, timeout: 'soon' })).toThrow();
  });
});

describe('the paths that Holdfast reads', () => {
  const folders = ['.', '../clusters', '../operations/actions/pve', './client'].map((folder) =>
    join(import.meta.dirname, folder),
  );
  const sources = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => readFileSync(join(folder, name), 'utf8')),
  );
  const paths = [
    ...new Set(
      sources.flatMap((source) =>
        [...source.matchAll(/apiPath\(\s*['`](\/[^'`]+)['`]/g)].map(([, path]) => path ?? ''),
      ),
    ),
  ].flatMap((path) =>
    path.includes('${type}') ? ['qemu', 'lxc'].map((type) => path.replace('${type}', type)) : [path],
  );

  it('are all found in the sources', () => {
    expect(paths.length).toBeGreaterThan(8);
  });

  it.each(paths)('%s is one of the real API', (path) => {
    const filled = path
      .replace('{node}', 'pve1')
      .replace('{vmid}', '100')
      .replace('{storage}', 'local')
      .replace('{upid}', 'UPID:pve1:00000254:0006F000:6B039FD7:qmstart:100:root@pam:');
    expect(findRoute('GET', filled)?.call.path ?? findRoute('DELETE', filled)?.call.path).toBe(path);
  });
});
