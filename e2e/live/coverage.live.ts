import { expect, it } from 'vitest';
import { hostActionIds } from '../../src-preload/contract/operations';
import { actionsDone, isWholeSuite } from './done-notes';

/** What this machine cannot be brought to do, and why. */
const impossible: Readonly<Record<string, string>> = {
  'disk.selftest.abort': 'The emulated IDE disk is through with a self-test at once, so none can be stopped.',
  'msb.snapshot.restore':
    'No sandbox starts without KVM: one is made of the snapshot, and the result says that it did not start.',
  'msb.sandbox.create': 'As above: it is made, and the result says that it did not start.',
  'msb.sandbox.start': 'As above.',
  'msb.sandbox.pause': 'As above: none runs that could be paused.',
  'msb.sandbox.resume': 'As above.',
  'msb.sandbox.exec': 'As above: none runs that a command could be run in.',
};

// Runs behind all the others (vitest.live.config.ts).
it.runIf(isWholeSuite)('every action of a host was carried out on the lab machine', () => {
  const done = actionsDone();
  expect(hostActionIds.filter((id) => !done.has(id) && !(id in impossible))).toEqual([]);
  expect(Object.keys(impossible).filter((id) => done.has(id))).toEqual([]);
});
