import { z } from 'zod';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import { abortSelfTestArgv, startSelfTestArgv } from '../../../storage/disks/commands';
import { selfTestExcuse } from '../../../storage/disks/smart-report';
import type { ActionDefinition } from '../../action';
import { hint } from '../words';
import { explainSmartctl } from './failures';
import { describe, diskBlockers, diskInputSchema, readSmart, type DiskInput } from './reads';

const preconditionsSchema = z.looseObject({ testCount: z.number(), newestTest: z.string().nullable() });

const words = {
  short: {
    title: 'Start short self-test',
    label: 'Start short self-test…',
    reads: 'It checks the electronics and a small part of the surface.',
  },
  long: {
    title: 'Start long self-test',
    label: 'Start long self-test…',
    reads: 'It reads the whole surface.',
  },
} as const;

function defineSelfTest(length: 'short' | 'long'): ActionDefinition<DiskInput> {
  const { title, label, reads } = words[length];
  return {
    id: `disk.selftest.${length}`,
    title,
    backend: null,
    minimumAccess: 'operate',
    risk: 'safe',
    input: diskInputSchema,

    offer(subject) {
      if (subject.kind !== 'disk') return null;
      const { smart, stablePath } = subject.disk;
      const running = smart.selfTest.state === 'running' ? `A self-test is ${smart.selfTest.text}.` : null;
      return {
        label,
        group: 'maintenance',
        excuse: selfTestExcuse(smart) ?? running,
        input: { device: stablePath },
        fields: [],
      };
    },

    async plan(context, { device }) {
      const report = await readSmart(context, device);
      const { smart, serial, testCount, newestTest } = report;
      const blockers: Blocker[] = diskBlockers(device, report);
      const running = smart.selfTest.state === 'running';
      if (running) {
        blockers.push({
          text: `A self-test is ${smart.selfTest.text}. Starting another would end it.`,
          remedy: 'Wait for its end, or stop it first.',
        });
      }
      const minutes = length === 'short' ? report.shortMinutes : report.longMinutes;
      const consequences: Consequence[] = [
        {
          severity: 'info',
          text: `${describe(device, report)} tests itself. ${reads} ${
            minutes === null ? '' : `The maker says that it takes ${minutes} min. `
          }Its data stays, and it can be used meanwhile.`,
          items: [],
        },
      ];
      if (length === 'long' && blockers.length === 0) {
        consequences.push({
          severity: 'warning',
          text: 'While it runs, the disk answers more slowly. Do not switch the machine off: that ends the test.',
          items: [],
        });
      }
      return {
        risk: 'safe',
        target: { kind: 'disk', name: device },
        steps: [
          {
            title: `${title} of ${device}`,
            argv: startSelfTestArgv(device, length),
            explain: `smartctl -t ${length} tells the disk to begin; the test then runs inside the disk.`,
            acceptExitCodes: [0],
            timeoutSeconds: 60,
          },
        ],
        consequences,
        blockers,
        undo: hint(...abortSelfTestArgv(device)),
        preconditions: { serial, running, testCount, newestTest },
      };
    },

    async verify(context, { device }, { preconditions }) {
      const before = preconditionsSchema.parse(preconditions);
      const { smart, testCount, newestTest } = await readSmart(context, device);
      const { state, text } = smart.selfTest;
      if (state === 'running') return { status: 'confirmed', text: `The self-test is ${text}.` };
      if (testCount !== before.testCount || newestTest !== before.newestTest) {
        return { status: 'confirmed', text: `The self-test has ended already: ${text}.` };
      }
      return {
        status: 'not-there',
        text: `The disk shows no new self-test, neither under way nor ended. Of the last it says: ${text}.`,
      };
    },

    explainFailure: (exitCode, stderr) =>
      explainSmartctl(
        exitCode,
        stderr,
        'The disk refused the self-test, or a test is under way. None was started.',
      ),
  };
}

export const diskSelfTestShort = defineSelfTest('short');
export const diskSelfTestLong = defineSelfTest('long');
