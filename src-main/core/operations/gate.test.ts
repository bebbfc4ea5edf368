import { describe, expect, it } from 'vitest';
import { accessLevels, type AccessLevel } from '../../../src-preload/contract/hosts';
import { gate } from './gate';

const base = { readOnly: false, hostName: 'nas', title: 'Destroy ZFS snapshot' };

/** What the table in gate.ts says. */
const allowed: Record<AccessLevel, readonly AccessLevel[]> = {
  view: ['view', 'operate', 'administer'],
  operate: ['operate', 'administer'],
  administer: ['administer'],
};

describe('gate', () => {
  for (const minimumAccess of accessLevels) {
    for (const accessLevel of accessLevels) {
      const pass = allowed[minimumAccess].includes(accessLevel);
      it(`${pass ? 'lets' : 'refuses'} ${accessLevel} where ${minimumAccess} is needed`, () => {
        const refusal = gate({ ...base, minimumAccess, accessLevel });
        if (pass) expect(refusal).toBeNull();
        else {
          expect(refusal?.message).toContain(`"${minimumAccess}"`);
          expect(refusal?.message).toContain(`"${accessLevel}"`);
          expect(refusal?.remedy).toContain('nas');
        }
      });
    }
  }

  it('refuses everything while the app is read-only', () => {
    for (const minimumAccess of accessLevels) {
      const refusal = gate({ ...base, readOnly: true, minimumAccess, accessLevel: 'administer' });
      expect(refusal?.message).toContain('read-only');
    }
  });
});
