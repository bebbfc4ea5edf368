import type { SimulatedTool } from '../machine';
import { failed, succeeded, type CommandResult } from '../result';
import { resolved } from './block-tools';
import {
  ataReport,
  asctime,
  banner,
  frame,
  nvmeReport,
  printed,
  type AtaSmart,
  type SelfTestState,
} from './smart-text';
import { linksOf, type DemoDisk, type DemoSelfTest } from './types';

const minute = 60_000;
const begun = '=== START OF OFFLINE IMMEDIATE AND SELF-TEST SECTION ===\nSending command: "';

interface Running {
  type: DemoSelfTest['type'];
  startedAtMs: number;
  durationMs: number;
}

/** What the disks remember of self-tests between two commands. */
class SelfTests {
  readonly #running = new Map<string, Running>();
  readonly #ended = new Map<string, DemoSelfTest[]>();
  readonly #aborted = new Map<string, number>();

  state(disk: DemoDisk, smart: AtaSmart, nowMs: number): SelfTestState {
    this.#settle(disk, smart, nowMs);
    const tests = [...(this.#ended.get(disk.serial) ?? []), ...smart.tests].slice(0, 21);
    const running = this.#running.get(disk.serial);
    if (running !== undefined) {
      const left = this.#left(running, nowMs);
      return {
        // ATA8-ACS: 15 in the high half, tens of percent left in the low one.
        status: { value: 240 + left / 10, string: 'in progress', remaining_percent: left },
        tests,
      };
    }
    const aborted = this.#aborted.get(disk.serial);
    if (aborted !== undefined) {
      return { status: { value: 16 + aborted / 10, string: 'was aborted by the host' }, tests };
    }
    const [newest] = tests;
    if (newest?.status.passed === false) {
      return {
        status: {
          value: 121,
          string: 'completed having the read element of the test failed',
          passed: false,
        },
        tests,
      };
    }
    return { status: { value: 0, string: 'completed without error', passed: true }, tests };
  }

  running(disk: DemoDisk, smart: AtaSmart, nowMs: number): number | null {
    this.#settle(disk, smart, nowMs);
    const running = this.#running.get(disk.serial);
    return running === undefined ? null : this.#left(running, nowMs);
  }

  start(disk: DemoDisk, smart: AtaSmart, length: 'short' | 'long', nowMs: number): number {
    const minutes = length === 'short' ? smart.shortMinutes : smart.longMinutes;
    this.#aborted.delete(disk.serial);
    this.#running.set(disk.serial, {
      type: length === 'short' ? 'Short offline' : 'Extended offline',
      startedAtMs: nowMs,
      durationMs: minutes * minute,
    });
    return minutes;
  }

  abort(disk: DemoDisk, smart: AtaSmart, nowMs: number): void {
    const running = this.#running.get(disk.serial);
    if (running === undefined) return;
    const left = this.#left(running, nowMs);
    this.#running.delete(disk.serial);
    this.#aborted.set(disk.serial, left);
    this.#log(disk, {
      type: running.type,
      status: { value: 16 + left / 10, string: 'Aborted by host', remaining_percent: left },
      atHours: smart.hours,
    });
  }

  /** Tens of percent, as disks count: 90 at first, 10 at last. */
  #left({ startedAtMs, durationMs }: Running, nowMs: number): number {
    const share = 1 - (nowMs - startedAtMs) / durationMs;
    return Math.min(90, Math.max(10, Math.floor(share * 10) * 10));
  }

  #settle(disk: DemoDisk, smart: AtaSmart, nowMs: number): void {
    const running = this.#running.get(disk.serial);
    if (running === undefined || nowMs < running.startedAtMs + running.durationMs) return;
    this.#running.delete(disk.serial);
    const status =
      smart.failing === true
        ? { value: 121, string: 'Completed: read failure', passed: false, remaining_percent: 90 }
        : { value: 0, string: 'Completed without error', passed: true };
    this.#log(disk, { type: running.type, status, atHours: smart.hours });
  }

  #log({ serial }: DemoDisk, test: DemoSelfTest): void {
    this.#ended.set(serial, [test, ...(this.#ended.get(serial) ?? [])]);
  }
}

/** Why smartctl does not get to a disk, as 7.3 says it; null: it does. */
function unreachable(
  path: string,
  disk: DemoDisk | undefined,
  root: boolean,
): { message: string; code: number } | null {
  if (disk === undefined) {
    return /^\/dev\/sd[a-z]+$/.test(path)
      ? { message: `Smartctl open device: ${path} failed: No such device`, code: 2 }
      : { message: `${path}: Unable to detect device type`, code: 1 };
  }
  if (disk.smart === null) return { message: `${path}: Unable to detect device type`, code: 1 };
  return root ? null : { message: `Smartctl open device: ${path} failed: Permission denied`, code: 2 };
}

function report(
  words: readonly string[],
  path: string,
  disk: DemoDisk | undefined,
  tests: SelfTests,
  { root, nowMs }: { root: boolean; nowMs: number },
): CommandResult {
  const why = unreachable(path, disk, root);
  if (why !== null || disk === undefined || disk.smart === null) {
    const { message, code } = why ?? { message: '', code: 1 };
    return failed(code, '', printed(frame({ argv: words, exitStatus: code, nowMs, messages: [message] })));
  }
  const { smart } = disk;
  if (smart.kind === 'nvme') {
    const body = nvmeReport(disk, smart, path);
    return succeeded(printed({ ...frame({ argv: words, exitStatus: 0, nowMs }), ...body }), 35);
  }
  // Bit 3: the disk says that it fails; bit 4: an attribute is below its threshold; bit 7: a self-test failed.
  const state = tests.state(disk, smart, nowMs);
  const exitStatus =
    (smart.failing === true ? 8 + 16 : 0) +
    (state.tests.some(({ status }) => status.passed === false) ? 128 : 0);
  const head = frame({ argv: words, exitStatus, nowMs, database: true });
  return {
    exitCode: exitStatus,
    stdout: printed({ ...head, ...ataReport(disk, smart, path, state) }),
    stderr: '',
    delayMs: 60,
  };
}

/** `-t short|long` and `-X`, in the words of smartctl 7.3 without --json. */
function command(
  verb: 'short' | 'long' | 'abort',
  path: string,
  disk: DemoDisk | undefined,
  tests: SelfTests,
  { root, nowMs }: { root: boolean; nowMs: number },
): CommandResult {
  const why = unreachable(path, disk, root);
  if (why !== null || disk?.smart?.kind !== 'ata') {
    const { message, code } = why ?? { message: `${path}: NVMe self-tests need smartctl 7.4`, code: 4 };
    const help =
      code === 1
        ? '\nPlease specify device type with the -d option.\n\nUse smartctl -h to get a usage summary\n\n'
        : '\n';
    return failed(code, '', `${banner}${message}${help}`);
  }
  const { smart } = disk;
  const left = tests.running(disk, smart, nowMs);
  if (verb === 'abort') {
    const name = 'Abort SMART off-line mode self-test routine';
    if (left === null) {
      return failed(
        4,
        '',
        `${banner}${begun}${name}".\nCommand "${name}" failed: scsi error aborted command\n`,
      );
    }
    tests.abort(disk, smart, nowMs);
    // ataprint.cpp of smartmontools 7.3.
    return succeeded(`${banner}${begun}${name}".\nSelf-testing aborted!\n`, 40);
  }
  if (left !== null) {
    return failed(
      4,
      '',
      `${banner}=== START OF OFFLINE IMMEDIATE AND SELF-TEST SECTION ===\nCan't start self-test without aborting current test (${left}% remaining),\nadd '-t force' option to override, or run 'smartctl -X' to abort test.\n`,
    );
  }
  const name = `Execute SMART ${verb === 'short' ? 'Short' : 'Extended'} self-test routine immediately in off-line mode`;
  const minutes = tests.start(disk, smart, verb, nowMs);
  return succeeded(
    `${banner}${begun}${name}".\nDrive command "${name}" successful.\nTesting has begun.\nPlease wait ${minutes} minutes for test to complete.\nTest will complete after ${asctime(nowMs + minutes * minute)}\nUse smartctl -X to abort test.\n`,
    40,
  );
}

/** smartctl 7.3 over the disks: reads all of SMART, starts and stops self-tests, refuses everything else. */
export function smartctlTool(disks: () => readonly DemoDisk[]): SimulatedTool {
  const tests = new SelfTests();
  return {
    name: 'smartctl',
    folder: '/usr/sbin',
    run: (words, context) => {
      const all = disks();
      const line = words.slice(0, -1).join(' ');
      const path = words.at(-1) ?? '';
      const target = resolved(path, linksOf(all));
      const disk = all.find(({ name }) => `/dev/${name}` === target);
      if (line === '--json -a --' || line === '--json -a -n standby --' || line === '--json -a') {
        return report(words, path, disk, tests, context);
      }
      if (line === '-t short --') return command('short', path, disk, tests, context);
      if (line === '-t long --') return command('long', path, disk, tests, context);
      if (line === '-X --') return command('abort', path, disk, tests, context);
      return failed(
        1,
        '',
        `${banner}=======> INVALID ARGUMENT: ${words.join(' ')}\n\nUse smartctl -h to get a usage summary\n\n`,
      );
    },
  };
}
