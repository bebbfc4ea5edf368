import { describe, expect, it } from 'vitest';
import { parseEndpoints } from './endpoints';

describe('the addresses of a cluster', () => {
  it.each([
    ['pve1', [{ address: 'pve1', port: 8006 }]],
    ['pve1:8443', [{ address: 'pve1', port: 8443 }]],
    ['https://pve1.example.net:8006/#v1:0', [{ address: 'pve1.example.net', port: 8006 }]],
    [
      '192.0.2.11\n 192.0.2.12:8006 \n\n',
      [
        { address: '192.0.2.11', port: 8006 },
        { address: '192.0.2.12', port: 8006 },
      ],
    ],
    ['[2001:db8::1]:8007', [{ address: '2001:db8::1', port: 8007 }]],
    ['2001:db8::1', [{ address: '2001:db8::1', port: 8006 }]],
    [
      'a, b',
      [
        { address: 'a', port: 8006 },
        { address: 'b', port: 8006 },
      ],
    ],
  ])('%j', (text, endpoints) => {
    expect(parseEndpoints(text)).toEqual({ endpoints });
  });

  it.each([
    '',
    '  \n',
    '-x',
    'a b',
    'pve1:0',
    'pve1:70000',
    'pve1\nPVE1',
    'pve1;rm',
    Array.from({ length: 17 }, (_, i) => `n${i}`).join('\n'),
  ])('complains about %j', (text) => {
    expect(parseEndpoints(text)).toHaveProperty('complaint');
  });
});
