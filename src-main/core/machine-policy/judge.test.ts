import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  machinePolicySchema,
  mostSchema,
  type LoadedPolicy,
} from '../../../src-preload/contract/machine-policy';
import { lowest, mostOf, type Facts } from './judge';

const key = `SHA256:${'a'.repeat(43)}`;
const certificate = Array(32).fill('AB').join(':');
const nas: Facts = {
  address: 'nas-01.prod.example.org',
  port: 22,
  hostKey: key,
  certificate: null,
  environment: 'Production',
};
const policy = (rules: unknown[], otherwise?: string): LoadedPolicy => ({
  path: '/etc/holdfast/policy.json',
  policy: machinePolicySchema.parse({ version: 1, rules, ...(otherwise && { otherwise }) }),
});
const of = (rules: unknown[], facts: Partial<Facts> = {}, otherwise?: string) =>
  mostOf([policy(rules, otherwise)], { ...nas, ...facts });

describe('what a policy allows', () => {
  it('is everything where nothing is said', () => {
    expect(mostOf([], nas)).toBe('administer');
    expect(of([])).toBe('administer');
    expect(of([{ address: 'other', most: 'view' }])).toBe('administer');
    expect(of([{ address: 'other', most: 'administer' }], {}, 'none')).toBe('none');
  });

  it.each([
    ['nas-01.prod.example.org', true],
    ['NAS-01.Prod.Example.Org', true],
    ['*.prod.example.org', true],
    ['nas-01.*', true],
    ['*', true],
    ['nas-*.example.org', true],
    ['prod.example.org', false],
    ['*.prod.example', false],
    ['nas-01xprod.example.org', false],
    ['nas-0.*', false],
    ['nas-01.prod*prod.example.org', false],
    ['n*s*1*o*e*g', true],
    ['*nas-01.prod.example.org*', true],
  ])('reads the address %s in any case, with * for any characters: %s', (address, matches) => {
    expect(of([{ address, most: 'view' }])).toBe(matches ? 'view' : 'administer');
    expect(of([{ address, most: 'view' }], { address: 'NAS-01.prod.example.org.' })).toBe(
      matches ? 'view' : 'administer',
    );
  });

  it('takes addresses with colons', () => {
    expect(of([{ address: '2001:db8:*', most: 'view' }], { address: '2001:DB8::5' })).toBe('view');
  });

  it('is what the first rule says that matches in all it names', () => {
    const rules = [
      { address: '*.prod.*', port: 2222, most: 'none' },
      { environment: 'Production', hostKey: `SHA256:${'b'.repeat(43)}`, most: 'none' },
      { environment: 'Production', hostKey: key, most: 'operate' },
      { address: '*', most: 'view' },
    ];
    expect(of(rules)).toBe('operate');
    expect(of(rules, { port: 2222 })).toBe('none');
    expect(of(rules, { hostKey: null })).toBe('view');
    expect(of(rules, { environment: 'Lab' })).toBe('view');
  });

  it('tells clusters by the pinned certificate of a node, in any case', () => {
    const rules = [{ certificate: certificate.toLowerCase(), most: 'view' }];
    expect(of(rules, { certificate })).toBe('view');
    expect(of(rules)).toBe('administer');
  });

  it.each([
    ['a rule for nothing', { rules: [{ most: 'view' }] }],
    ['an unknown key', { rules: [{ host: 'nas', most: 'view' }] }],
    ['an unknown level', { rules: [{ address: 'nas', most: 'all' }] }],
    ['no rules', {}],
    ['another version', { version: 2, rules: [] }],
    ['an expression', { rules: [{ address: 'nas(1|2)', most: 'view' }] }],
  ])('refuses %s', (_, body) => {
    expect(machinePolicySchema.safeParse({ version: 1, ...body }).success).toBe(false);
  });

  it('is only ever lowered by another policy', () => {
    const most = fc.constantFrom(...mostSchema.options);
    const rule = fc.oneof(
      fc.record({ address: fc.constantFrom('*', '*.prod.*', 'nas-01.prod.example.org', 'x'), most }),
      fc.record({ port: fc.constantFrom(22, 2222), most }),
      fc.record({ environment: fc.constantFrom('Production', 'Lab'), most }),
      fc.record({ hostKey: fc.constant(key), most }),
    );
    const any = fc
      .record({ rules: fc.array(rule, { maxLength: 5 }), otherwise: most })
      .map(({ rules, otherwise }) => policy(rules, otherwise));
    fc.assert(
      fc.property(any, any, (one, two) => {
        const both = mostOf([one, two], nas);
        expect(both).toBe(mostOf([two, one], nas));
        expect(both).toBe(lowest([mostOf([one], nas), mostOf([two], nas)]));
      }),
    );
  });
});
