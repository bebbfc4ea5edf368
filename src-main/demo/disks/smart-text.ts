import type { DemoAttribute, DemoDisk, DemoSelfTest, DemoSmart } from './types';

/** The JSON and the words of smartctl 7.3, in the order it prints them. */

export type AtaSmart = Extract<DemoSmart, { kind: 'ata' }>;
export type NvmeSmart = Extract<DemoSmart, { kind: 'nvme' }>;

const platform = 'x86_64-linux-6.1.0-56-cloud-amd64';
export const banner = `smartctl 7.3 2022-02-28 r5338 [${platform}] (local build)\nCopyright (C) 2002-22, Bruce Allen, Christian Franke, www.smartmontools.org\n\n`;

/** `Mon Nov 23 02:15:57 2026 UTC` */
export function asctime(ms: number): string {
  const [weekday = '', day = '', month = '', year = '', time = ''] = new Date(ms).toUTCString().split(/,? /);
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} ${year} UTC`;
}

interface Frame {
  argv: readonly string[];
  exitStatus: number;
  nowMs: number;
  messages?: readonly string[];
  database?: boolean;
}

export function frame({
  argv,
  exitStatus,
  nowMs,
  messages = [],
  database = false,
}: Frame): Record<string, unknown> {
  const seconds = Math.floor(nowMs / 1000);
  return {
    json_format_version: [1, 0],
    smartctl: {
      version: [7, 3],
      svn_revision: '5338',
      platform_info: platform,
      build_info: '(local build)',
      argv: ['smartctl', ...argv],
      ...(database ? { drive_database_version: { string: '7.3/5319' } } : {}),
      ...(messages.length === 0
        ? {}
        : { messages: messages.map((string) => ({ string, severity: 'error' })) }),
      exit_status: exitStatus,
    },
    local_time: { time_t: seconds, asctime: asctime(seconds * 1000) },
  };
}

export const printed = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

function attributeRow({ id, name, value, worst, thresh, flags, raw, rawText }: DemoAttribute) {
  const letters = [...'POSRCK'].map((letter) => flags.includes(letter));
  const [prefailure, updated_online, performance, error_rate, event_count, auto_keep] = letters;
  return {
    id,
    name,
    value,
    worst,
    thresh,
    when_failed: value <= thresh && thresh > 0 ? 'now' : '',
    flags: {
      value: letters.reduce((sum, set, bit) => sum + (set ? 1 << bit : 0), 0),
      string: flags,
      prefailure,
      updated_online,
      performance,
      error_rate,
      event_count,
      auto_keep,
    },
    raw: { value: raw, string: rawText ?? String(raw) },
  };
}

/** The self-test as the disk reports it: its execution status and its log. */
export interface SelfTestState {
  status: { value: number; string: string; passed?: boolean; remaining_percent?: number };
  tests: readonly DemoSelfTest[];
}

function testLog(tests: readonly DemoSelfTest[]) {
  if (tests.length === 0) return { revision: 1, count: 0 };
  return {
    revision: 1,
    table: tests.map(({ type, status, atHours }) => ({
      type: { value: type === 'Short offline' ? 1 : 2, string: type },
      status,
      lifetime_hours: atHours,
    })),
    count: tests.length,
    error_count_total: tests.filter(({ status }) => status.passed === false).length,
    error_count_outdated: 0,
  };
}

export function ataReport(disk: DemoDisk, smart: AtaSmart, path: string, test: SelfTestState) {
  return {
    device: { name: path, info_name: `${path} [SAT]`, type: 'sat', protocol: 'ATA' },
    model_name: disk.model,
    serial_number: disk.serial,
    firmware_version: smart.firmware,
    user_capacity: { blocks: disk.sizeBytes / 512, bytes: disk.sizeBytes },
    logical_block_size: 512,
    physical_block_size: disk.physicalSectorBytes,
    ...(smart.rotationRate === undefined ? {} : { rotation_rate: smart.rotationRate }),
    trim: {
      supported: !disk.rotational || smart.rotationRate === undefined,
      deterministic: true,
      zeroed: false,
    },
    in_smartctl_database: false,
    ata_version: {
      string: 'ATA/ATAPI-7, ATA/ATAPI-5 published, ANSI NCITS 340-2000',
      major_value: 240,
      minor_value: 22,
    },
    smart_support: { available: true, enabled: true },
    smart_status: { passed: smart.failing !== true },
    ata_smart_data: {
      offline_data_collection: {
        status: { value: 130, string: 'was completed without error', passed: true },
        completion_seconds: 288,
      },
      self_test: {
        status: test.status,
        polling_minutes: { short: smart.shortMinutes, extended: smart.longMinutes },
      },
      capabilities: {
        values: [25, 3],
        exec_offline_immediate_supported: true,
        offline_is_aborted_upon_new_cmd: false,
        offline_surface_scan_supported: true,
        self_tests_supported: true,
        conveyance_self_test_supported: false,
        selective_self_test_supported: false,
        attribute_autosave_enabled: true,
        error_logging_supported: true,
        gp_logging_supported: false,
      },
    },
    ata_smart_attributes: { revision: 1, table: smart.attributes.map(attributeRow) },
    power_on_time: { hours: smart.hours },
    power_cycle_count: smart.powerCycles,
    temperature: { current: smart.celsius },
    ata_smart_error_log: { summary: { revision: 1, count: 0 } },
    ata_smart_self_test_log: { standard: testLog(test.tests) },
  };
}

export function nvmeReport(disk: DemoDisk, smart: NvmeSmart, path: string) {
  const blocks = disk.sizeBytes / 512;
  const size = { blocks, bytes: disk.sizeBytes };
  return {
    device: { name: path, info_name: path, type: 'nvme', protocol: 'NVMe' },
    model_name: disk.model,
    serial_number: disk.serial,
    firmware_version: smart.firmware,
    nvme_pci_vendor: { id: 6966, subsystem_id: 6900 },
    nvme_ieee_oui_identifier: 5395456,
    nvme_controller_id: 0,
    nvme_version: { string: '1.4', value: 66560 },
    nvme_number_of_namespaces: 256,
    nvme_namespaces: [{ id: 1, size, capacity: size, utilization: size, formatted_lba_size: 512 }],
    user_capacity: size,
    logical_block_size: 512,
    smart_support: { available: true, enabled: true },
    smart_status: { passed: true, nvme: { value: 0 } },
    nvme_smart_health_information_log: {
      critical_warning: 0,
      temperature: smart.celsius,
      available_spare: smart.usedPercent === 0 ? 0 : 100,
      available_spare_threshold: smart.usedPercent === 0 ? 0 : 10,
      percentage_used: smart.usedPercent,
      data_units_read: smart.hours * 911 + 3,
      data_units_written: smart.hours * 1430,
      host_reads: smart.hours * 30_120 + 49,
      host_writes: smart.hours * 41_870,
      controller_busy_time: smart.hours,
      power_cycles: smart.powerCycles,
      power_on_hours: smart.hours,
      unsafe_shutdowns: 0,
      media_errors: smart.mediaErrors,
      num_err_log_entries: smart.mediaErrors,
      warning_temp_time: 0,
      critical_comp_time: 0,
    },
    temperature: { current: smart.celsius },
    power_cycle_count: smart.powerCycles,
    power_on_time: { hours: smart.hours },
  };
}
