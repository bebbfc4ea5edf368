import { z } from 'zod';
import type { Smart } from '../../../../src-preload/contract/disks';
import { clampPercent } from '../columns';
import { parseJson, unexpectedOutput } from '../unexpected';

/**
 * `smartctl --json -a` of smartmontools 7.0 to 7.5: ATA and NVMe as captured with 7.3; the self-test log of NVMe
 * (7.4 and newer) and what SAS disks say after nvmeprint.cpp and scsiprint.cpp of smartmontools.
 */
const count = z.int().nonnegative();
const state = z.looseObject({ value: z.int().optional(), string: z.string().optional() });

const attributeSchema = z.looseObject({
  id: z.int(),
  name: z.string().optional(),
  /** Normalised by the maker: 100 (or 200, 253) is new, and it falls. */
  value: z.int().optional(),
  raw: z.looseObject({ value: z.number(), string: z.string().optional() }).optional(),
});
const uncorrected = z.looseObject({ total_uncorrected_errors: count.optional() }).optional();

const reportSchema = z.looseObject({
  smartctl: z.looseObject({
    version: z.array(z.int()).optional(),
    exit_status: z.int(),
    messages: z.array(z.looseObject({ string: z.string(), severity: z.string().optional() })).optional(),
  }),
  device: z.looseObject({ protocol: z.string().optional() }).optional(),
  model_name: z.string().optional(),
  scsi_model_name: z.string().optional(),
  serial_number: z.string().optional(),
  rotation_rate: z.int().optional(),
  smart_support: z
    .looseObject({ available: z.boolean().optional(), enabled: z.boolean().optional() })
    .optional(),
  smart_status: z.looseObject({ passed: z.boolean().optional() }).optional(),
  temperature: z.looseObject({ current: z.number().optional() }).optional(),
  power_on_time: z.looseObject({ hours: count.optional() }).optional(),
  endurance_used: z.looseObject({ current_percent: z.number().nonnegative().optional() }).optional(),
  ata_smart_data: z
    .looseObject({
      self_test: z
        .looseObject({
          status: state.extend({ remaining_percent: z.number().optional() }).optional(),
          polling_minutes: z.looseObject({ short: count.optional(), extended: count.optional() }).optional(),
        })
        .optional(),
      capabilities: z.looseObject({ self_tests_supported: z.boolean().optional() }).optional(),
    })
    .optional(),
  ata_smart_attributes: z.looseObject({ table: z.array(attributeSchema).optional() }).optional(),
  ata_smart_self_test_log: z
    .looseObject({
      standard: z
        .looseObject({
          count: count.optional(),
          table: z
            .array(
              z.looseObject({
                type: state.optional(),
                status: state.optional(),
                lifetime_hours: count.optional(),
              }),
            )
            .optional(),
        })
        .optional(),
    })
    .optional(),
  nvme_smart_health_information_log: z
    .looseObject({ percentage_used: count.optional(), media_errors: count.optional() })
    .optional(),
  nvme_self_test_log: z
    .looseObject({
      current_self_test_operation: state.optional(),
      current_self_test_completion_percent: z.number().optional(),
      table: z
        .array(
          z.looseObject({
            self_test_code: state.optional(),
            self_test_result: state.optional(),
            power_on_hours: count.optional(),
          }),
        )
        .optional(),
    })
    .optional(),
  scsi_grown_defect_list: count.optional(),
  scsi_percentage_used_endurance_indicator: count.optional(),
  scsi_error_counter_log: z
    .looseObject({ read: uncorrected, write: uncorrected, verify: uncorrected })
    .optional(),
  scsi_self_test_0: z.looseObject({ code: state.optional(), result: state.optional() }).optional(),
});
type Raw = z.infer<typeof reportSchema>;

export interface SmartReport {
  /** smartctl could not open the device at all. */
  opened: boolean;
  asleep: boolean;
  model: string | null;
  serial: string | null;
  smart: Smart;
  /** Why no self-test can be started; null: it can. */
  selfTestExcuse: string | null;
  /** How long the maker says a test takes. */
  shortMinutes: number | null;
  longMinutes: number | null;
  /** The newest line of the log of self-tests, to tell a new one by. null: no line. */
  newestTest: string | null;
  /** Lines in that log; it holds 21 (ATA) or 20 (NVMe) and then drops the oldest. */
  testCount: number;
}

const empty: Smart = {
  status: 'unknown',
  reason: null,
  temperatureCelsius: null,
  powerOnHours: null,
  wearPercent: null,
  reallocatedSectors: null,
  pendingSectors: null,
  mediaErrors: null,
  selfTest: { state: 'unknown', remainingPercent: null, text: 'not known' },
};

const noSelfTest: Smart['selfTest'] = { state: 'unsupported', remainingPercent: null, text: 'not available' };

/** SMART that was not read, and why. */
export function withoutSmart(status: 'unavailable' | 'unknown', reason: string): Smart {
  return { ...empty, status, reason, selfTest: status === 'unavailable' ? noSelfTest : empty.selfTest };
}

function attribute(raw: Raw, id: number) {
  return raw.ata_smart_attributes?.table?.find((each) => each.id === id);
}

/** The leading number of the raw text: some makers pack more counters into the raw value's upper bytes. */
function rawCount(raw: Raw, id: number): number | null {
  const found = attribute(raw, id)?.raw;
  if (found === undefined) return null;
  const leading = /^\d+/.exec(found.string ?? '')?.[0];
  return leading === undefined ? found.value : Number(leading);
}

function largest(values: readonly (number | null | undefined)[]): number | null {
  const known = values.filter((value) => value !== null && value !== undefined);
  return known.length === 0 ? null : Math.max(...known);
}

/** Attributes whose normalised value is the endurance that is left, in percent (drivedb.h of smartmontools). */
const enduranceLeft =
  /^(?:Wear_Leveling_Count|SSD_Life_Left|Media_Wearout_Indicator|Percent_Lifetime_Remain|Percent_Life_Remaining|Remaining_Lifetime_Perc|Perc_Rated_Life_Remain)$/;

function wearOf(raw: Raw): number | null {
  const told =
    raw.nvme_smart_health_information_log?.percentage_used ??
    raw.scsi_percentage_used_endurance_indicator ??
    raw.endurance_used?.current_percent;
  if (told !== undefined) return told;
  // A disk that turns has no endurance of this kind.
  if (raw.rotation_rate !== undefined && raw.rotation_rate > 0) return null;
  const left = raw.ata_smart_attributes?.table
    ?.filter(({ name }) => name !== undefined && enduranceLeft.test(name))
    .flatMap(({ value }) => (value === undefined || value > 100 ? [] : [value]));
  return left === undefined || left.length === 0 ? null : 100 - Math.min(...left);
}

type SelfTest = Smart['selfTest'];
const ended = (state: SelfTest['state'], text: string): SelfTest => ({ state, remainingPercent: null, text });

/** High four bits of the execution status (ATA8-ACS table 55): 0 none or well, 1–2 stopped, 3–8 failed, 15 running. */
function ataSelfTest(raw: Raw): SelfTest {
  const test = raw.ata_smart_data?.self_test?.status;
  if (raw.ata_smart_data === undefined) return empty.selfTest;
  if (raw.ata_smart_data.capabilities?.self_tests_supported !== true) {
    return ended('unsupported', 'the disk has no self-tests');
  }
  if (test?.value === undefined) return empty.selfTest;
  const code = test.value >> 4;
  const words = test.string ?? '';
  if (code === 15) {
    const left = clampPercent(test.remaining_percent ?? (test.value & 15) * 10);
    return { state: 'running', remainingPercent: left, text: `running, ${left} % left` };
  }
  const newest = raw.ata_smart_self_test_log?.standard?.table?.[0];
  if (code === 0) {
    if (newest === undefined) return ended('none', 'never run');
    return ended(
      'passed',
      testLine(newest.type?.string, newest.status?.string ?? words, newest.lifetime_hours),
    );
  }
  if (code <= 2) return ended('aborted', words || 'stopped before its end');
  if (code <= 8) return ended('failed', words || 'failed');
  return ended('unknown', words || 'not known');
}

function testLine(type: string | undefined, result: string, hours: number | undefined): string {
  const what = type === undefined ? result : `${type}: ${result}`;
  return hours === undefined ? what : `${what} (at ${hours} h)`;
}

/** Result codes of NVMe 1.4, figure 197, and of SPC-4 table 293: 0 well, 15 running (SCSI) or an unused line. */
function judged(protocol: 'nvme' | 'scsi', code: number | undefined): SelfTest['state'] {
  if (code === undefined) return 'unknown';
  if (code === 0) return 'passed';
  if (protocol === 'nvme') return code >= 5 && code <= 7 ? 'failed' : 'aborted';
  if (code === 15) return 'running';
  return code <= 2 ? 'aborted' : 'failed';
}

function nvmeSelfTest(raw: Raw): SelfTest {
  const log = raw.nvme_self_test_log;
  if (log === undefined) {
    const [major = 0, minor = 0] = raw.smartctl.version ?? [];
    return ended(
      'unsupported',
      major < 7 || (major === 7 && minor < 4)
        ? `smartctl ${major}.${minor} knows no self-tests of NVMe disks; 7.4 does`
        : 'the disk has no self-tests',
    );
  }
  const operation = log.current_self_test_operation;
  if ((operation?.value ?? 0) !== 0) {
    const left = clampPercent(100 - (log.current_self_test_completion_percent ?? 0));
    return { state: 'running', remainingPercent: left, text: `running, ${left} % left` };
  }
  const newest = log.table?.[0];
  if (newest === undefined) return ended('none', 'never run');
  return ended(
    judged('nvme', newest.self_test_result?.value),
    testLine(newest.self_test_code?.string, newest.self_test_result?.string ?? '', newest.power_on_hours),
  );
}

function scsiSelfTest(raw: Raw): SelfTest {
  const newest = raw.scsi_self_test_0;
  if (newest === undefined) return ended('none', 'never run');
  const state = judged('scsi', newest.result?.value);
  return ended(state, testLine(newest.code?.string, newest.result?.string ?? '', undefined));
}

function selfTestOf(raw: Raw): SelfTest {
  if ((raw.smartctl.exit_status & 3) !== 0) return empty.selfTest;
  switch (raw.device?.protocol) {
    case 'ATA':
      return ataSelfTest(raw);
    case 'NVMe':
      return nvmeSelfTest(raw);
    case 'SCSI':
      return scsiSelfTest(raw);
    default:
      return empty.selfTest;
  }
}

/** `Device is in STANDBY mode, exit(2)`: atacmds and scsiprint of smartctl with -n. */
const sleeping = /Device is in .+ mode/i;

function statusOf(raw: Raw, said: string): Pick<Smart, 'status' | 'reason'> {
  const exit = raw.smartctl.exit_status;
  if (sleeping.test(said)) {
    return { status: 'unknown', reason: 'The disk sleeps and was left asleep, so SMART was not read.' };
  }
  if (/Unable to detect device type/.test(said)) {
    return {
      status: 'unavailable',
      reason: 'There is no SMART behind this device: it is virtual, or its controller hides it.',
    };
  }
  // Bits 0 and 1: the options were not accepted, or the device could not be opened or identified.
  if ((exit & 3) !== 0) return { status: 'unknown', reason: said || 'smartctl could not open the disk.' };
  if (raw.smart_support?.available === false) {
    return { status: 'unavailable', reason: 'The disk has no SMART.' };
  }
  if (raw.smart_support?.enabled === false) {
    return { status: 'unknown', reason: 'SMART is switched off on the disk. smartctl -s on switches it on.' };
  }
  const passed = raw.smart_status?.passed;
  if (passed === undefined) return { status: 'unknown', reason: said || 'The disk did not tell its health.' };
  return { status: passed ? 'passed' : 'failed', reason: null };
}

function newestTestOf(raw: Raw): Pick<SmartReport, 'newestTest' | 'testCount'> {
  const ata = raw.ata_smart_self_test_log?.standard;
  const lines: readonly unknown[] =
    ata?.table ??
    raw.nvme_self_test_log?.table ??
    (raw.scsi_self_test_0 === undefined ? [] : [raw.scsi_self_test_0]);
  return {
    newestTest: lines[0] === undefined ? null : JSON.stringify(lines[0]),
    testCount: ata?.count ?? lines.length,
  };
}

/** Throws AppError `unexpected-output`. What a disk does not tell is null, never 0. */
export function parseSmartReport(stdout: string): SmartReport {
  const command = 'smartctl --json -a';
  const parsed = reportSchema.safeParse(
    parseJson(command, stdout, 'it is not JSON (smartctl has it since 7.0)'),
  );
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw unexpectedOutput(command, `"${issue?.path.join('.') ?? ''}" is not what it should be`, stdout);
  }
  const raw = parsed.data;
  const said = (raw.smartctl.messages ?? []).map(({ string }) => string).join(' ');
  const status = statusOf(raw, said);
  const selfTest = status.status === 'unavailable' ? noSelfTest : selfTestOf(raw);
  const errors = raw.scsi_error_counter_log;
  const smart: Smart = {
    ...status,
    temperatureCelsius: raw.temperature?.current ?? null,
    powerOnHours: raw.power_on_time?.hours ?? null,
    wearPercent: wearOf(raw),
    reallocatedSectors: rawCount(raw, 5) ?? raw.scsi_grown_defect_list ?? null,
    pendingSectors: rawCount(raw, 197),
    mediaErrors:
      raw.nvme_smart_health_information_log?.media_errors ??
      largest([
        rawCount(raw, 187),
        rawCount(raw, 198),
        errors?.read?.total_uncorrected_errors,
        errors?.write?.total_uncorrected_errors,
        errors?.verify?.total_uncorrected_errors,
      ]),
    selfTest,
  };
  const minutes = raw.ata_smart_data?.self_test?.polling_minutes;
  return {
    opened: (raw.smartctl.exit_status & 3) === 0,
    asleep: sleeping.test(said),
    model: raw.model_name ?? raw.scsi_model_name ?? null,
    serial: raw.serial_number ?? null,
    smart,
    selfTestExcuse: selfTestExcuse(smart),
    shortMinutes: minutes?.short ?? null,
    longMinutes: minutes?.extended ?? null,
    ...newestTestOf(raw),
  };
}

/** Why the disk takes no self-test; null: it does, as far as is known. */
export function selfTestExcuse(smart: Smart): string | null {
  if (smart.status === 'unavailable') return smart.reason ?? 'The disk has no SMART.';
  if (smart.selfTest.state === 'unsupported') return `It takes no self-test: ${smart.selfTest.text}.`;
  return null;
}
