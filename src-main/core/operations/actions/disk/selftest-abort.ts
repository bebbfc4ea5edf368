import type { Blocker } from '../../../../../src-preload/contract/operations';
import { abortSelfTestArgv } from '../../../storage/disks/commands';
import { selfTestExcuse } from '../../../storage/disks/smart-report';
import type { ActionDefinition } from '../../action';
import { explainSmartctl } from './failures';
import { describe, diskBlockers, diskInputSchema, readSmart, type DiskInput } from './reads';

export const diskSelfTestAbort: ActionDefinition<DiskInput> = {
  id: 'disk.selftest.abort',
  title: 'Stop self-test',
  backend: null,
  minimumAccess: 'operate',
  risk: 'safe',
  input: diskInputSchema,

  offer(subject) {
    if (subject.kind !== 'disk') return null;
    const { smart, stablePath } = subject.disk;
    return {
      label: 'Stop self-test…',
      group: 'maintenance',
      excuse:
        selfTestExcuse(smart) ?? (smart.selfTest.state === 'running' ? null : 'No self-test is under way.'),
      input: { device: stablePath },
      fields: [],
    };
  },

  async plan(context, { device }) {
    const report = await readSmart(context, device);
    const { smart, serial } = report;
    const blockers: Blocker[] = diskBlockers(device, report);
    const running = smart.selfTest.state === 'running';
    if (blockers.length === 0 && !running) {
      blockers.push({
        text: `No self-test is under way on ${device}: ${smart.selfTest.text}.`,
        remedy: 'There is nothing to stop.',
      });
    }
    return {
      risk: 'safe',
      target: { kind: 'disk', name: device },
      steps: [
        {
          title: `Stop the self-test of ${device}`,
          argv: abortSelfTestArgv(device),
          explain: 'smartctl -X ends the test that the disk runs; the log then shows it as aborted.',
          acceptExitCodes: [0],
          timeoutSeconds: 60,
        },
      ],
      consequences: running
        ? [
            {
              severity: 'info',
              text: `${describe(device, report)} stops its test (${smart.selfTest.text}). What it found until then is not kept; a later test begins anew.`,
              items: [],
            },
          ]
        : [],
      blockers,
      undo: null,
      preconditions: { serial, running },
    };
  },

  async verify(context, { device }) {
    const { smart } = await readSmart(context, device);
    const { state, text } = smart.selfTest;
    if (state === 'running') return { status: 'not-there', text: `The self-test is still ${text}.` };
    if (smart.status === 'unavailable' || state === 'unknown') {
      return {
        status: 'unreadable',
        text: smart.reason ?? 'The disk did not tell the state of its self-test.',
      };
    }
    return { status: 'confirmed', text: `No self-test is under way any more: ${text}.` };
  },

  explainFailure: (exitCode, stderr) =>
    explainSmartctl(exitCode, stderr, 'The disk had no self-test to stop. Nothing was changed.'),
};
