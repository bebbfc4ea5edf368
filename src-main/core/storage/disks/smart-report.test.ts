import { describe, expect, it } from 'vitest';
import { smartSchema } from '../../../../src-preload/contract/disks';
import { captured } from '../testing/captured';
import { diskHealth, smartWarnings } from './health';
import { parseSmartReport } from './smart-report';

type Json = Record<string, unknown>;

/** A captured report with parts of it as smartmontools documents them for other disks. */
function report(name: string, change: (raw: Json) => Json = (raw) => raw) {
  const raw: unknown = JSON.parse(captured('disks', name).stdout);
  const parsed = parseSmartReport(JSON.stringify(change(raw as Json)));
  smartSchema.parse(parsed.smart);
  return parsed;
}

const ata = 'smart-ata-passed';
const nvme = 'nvme-003-smartctl-json-a-ns';

/** Sets the raw value of attributes; `string` is how smartctl prints it. */
const attributes =
  (...changed: { id: number; name?: string; value?: number; raw: { value: number; string: string } }[]) =>
  (raw: Json): Json => {
    const old = (raw['ata_smart_attributes'] as { table: { id: number }[] }).table;
    const table = [...old.filter(({ id }) => !changed.some((each) => each.id === id)), ...changed];
    return { ...raw, ata_smart_attributes: { table } };
  };

const selfTest =
  (value: number, string: string, more: Json = {}) =>
  (raw: Json): Json => ({
    ...raw,
    ata_smart_data: {
      ...(raw['ata_smart_data'] as Json),
      self_test: { status: { value, string, ...more }, polling_minutes: { short: 2, extended: 54 } },
    },
  });

const logged = (raw: Json): Json => {
  const log: unknown = JSON.parse(captured('disks', 'nvme-009-smartctl-selftest-log-ide').stdout);
  return { ...raw, ata_smart_self_test_log: (log as Json)['ata_smart_self_test_log'] };
};

describe('SMART of one disk', () => {
  it('reads an ATA disk', () => {
    expect(report('host-033-smartctl-json-a-ide')).toMatchObject({
      opened: true,
      asleep: false,
      model: 'QEMU HARDDISK',
      serial: 'LABIDE0001',
      selfTestExcuse: null,
      shortMinutes: 2,
      longMinutes: 54,
      smart: {
        status: 'passed',
        reason: null,
        temperatureCelsius: 31,
        powerOnHours: 1,
        wearPercent: null,
        reallocatedSectors: 0,
        pendingSectors: null,
        mediaErrors: null,
        selfTest: { state: 'none' },
      },
    });
  });

  it('reads an NVMe disk, whose self-tests smartctl 7.3 does not know', () => {
    const found = report(nvme);
    expect(found.smart).toMatchObject({
      status: 'passed',
      temperatureCelsius: 50,
      wearPercent: 0,
      mediaErrors: 0,
      selfTest: { state: 'unsupported', text: 'smartctl 7.3 knows no self-tests of NVMe disks; 7.4 does' },
    });
    expect(found.selfTestExcuse).toContain('7.4');
  });

  it('understands the exit code: not identified, not there, not allowed', () => {
    const virtio = report('smart-virtio');
    expect(virtio.smart).toMatchObject({ status: 'unavailable', reason: expect.stringContaining('virtual') });
    expect(virtio.opened).toBe(false);
    const gone = report('smart-missing-disk');
    expect(gone.smart).toMatchObject({
      status: 'unknown',
      reason: expect.stringContaining('No such device'),
    });
    const notRoot = report('smart-non-root');
    expect(notRoot.smart).toMatchObject({
      status: 'unknown',
      reason: expect.stringContaining('Permission denied'),
    });
    for (const { smart } of [virtio, gone, notRoot]) expect(diskHealth(smart)).toBe('unknown');
  });

  it('does not take a disk that sleeps for a healthy one', () => {
    // smartctl 7.3, atacmds: `Device is in STANDBY mode, exit(2)`, with -n.
    const found = report(ata, (raw) => ({
      smartctl: {
        ...(raw['smartctl'] as Json),
        exit_status: 2,
        messages: [{ string: 'Device is in STANDBY mode, exit(2)', severity: 'information' }],
      },
      device: raw['device'],
    }));
    expect(found).toMatchObject({
      asleep: true,
      smart: { status: 'unknown', reason: expect.stringContaining('sleeps'), selfTest: { state: 'unknown' } },
    });
    expect(diskHealth(found.smart)).toBe('unknown');
  });

  it('is critical when the disk says that it fails, whatever else', () => {
    const found = report(ata, (raw) => ({ ...raw, smart_status: { passed: false } }));
    expect(found.smart.status).toBe('failed');
    expect(diskHealth(found.smart)).toBe('critical');
  });

  it('warns of reallocated and pending sectors and of uncorrectable errors', () => {
    const found = report(
      ata,
      attributes(
        { id: 5, raw: { value: 281_474_976_710_664, string: '8 (1 0)' } },
        { id: 197, raw: { value: 1, string: '1' } },
        { id: 198, raw: { value: 3, string: '3' } },
        { id: 187, raw: { value: 2, string: '2' } },
      ),
    );
    expect(found.smart).toMatchObject({ reallocatedSectors: 8, pendingSectors: 1, mediaErrors: 3 });
    expect(smartWarnings(found.smart)).toEqual([
      '8 reallocated sectors',
      '1 pending sector',
      '3 media errors',
    ]);
    expect(diskHealth(found.smart)).toBe('warning');
  });

  it('warns from 90 % wear, NVMe and SATA, and never takes wear from a disk that turns', () => {
    const worn = (percent: number) =>
      report(nvme, (raw) => ({
        ...raw,
        nvme_smart_health_information_log: {
          ...(raw['nvme_smart_health_information_log'] as Json),
          percentage_used: percent,
        },
      })).smart;
    expect([89, 90, 130].map((percent) => diskHealth(worn(percent)))).toEqual(['ok', 'warning', 'warning']);
    const ssd = attributes({
      id: 177,
      name: 'Wear_Leveling_Count',
      value: 7,
      raw: { value: 2000, string: '2000' },
    });
    expect(report(ata, (raw) => ({ ...ssd(raw), rotation_rate: 0 })).smart.wearPercent).toBe(93);
    expect(report(ata, (raw) => ({ ...ssd(raw), rotation_rate: 7200 })).smart.wearPercent).toBeNull();
  });

  it.each([
    [0, 'completed without error', 'passed', null],
    [16, 'was aborted by the host', 'aborted', null],
    [33, 'was interrupted by the host with a reset', 'aborted', null],
    [49, 'could not complete due to a fatal or unknown error', 'failed', null],
    [121, 'completed having the read element of the test failed', 'failed', null],
    [249, 'in progress', 'running', 90],
  ])('tells from status %i of the self-test: %s', (value, string, state, left) => {
    const { smart } = report(ata, selfTest(value, string));
    expect(smart.selfTest).toMatchObject({ state, remainingPercent: left });
    expect(diskHealth(smart)).toBe(state === 'failed' ? 'warning' : 'ok');
  });

  it('shows the newest line of the log of self-tests', () => {
    const found = report(ata, logged);
    expect(found.smart.selfTest).toEqual({
      state: 'passed',
      remainingPercent: null,
      text: 'Short offline: Completed without error (at 4660 h)',
    });
    expect(found.testCount).toBe(1);
    expect(found.newestTest).toContain('4660');
  });

  it('reads the self-tests of NVMe as smartctl 7.4 prints them', () => {
    // nvmeprint.cpp of smartmontools 7.4, print_self_test_log().
    const withLog = (log: Json) => report(nvme, (raw) => ({ ...raw, nvme_self_test_log: log }));
    const idle = { value: 0, string: 'No self-test in progress' };
    const line = (value: number, string: string) => ({
      current_self_test_operation: idle,
      table: [
        {
          self_test_code: { value: 1, string: 'Short' },
          self_test_result: { value, string },
          power_on_hours: 12,
        },
      ],
    });
    expect(withLog({ current_self_test_operation: idle }).smart.selfTest.state).toBe('none');
    expect(withLog(line(0, 'Completed without error')).smart.selfTest).toMatchObject({
      state: 'passed',
      text: 'Short: Completed without error (at 12 h)',
    });
    expect(withLog(line(7, 'Completed: failed segments')).smart.selfTest.state).toBe('failed');
    expect(withLog(line(1, 'Aborted: Self-test command')).smart.selfTest.state).toBe('aborted');
    const running = withLog({
      current_self_test_operation: { value: 2, string: 'Extended self-test in progress' },
      current_self_test_completion_percent: 30,
    });
    expect(running.smart.selfTest).toMatchObject({ state: 'running', remainingPercent: 70 });
    expect(running.selfTestExcuse).toBeNull();
  });

  it('reads a SAS disk as smartctl prints it', () => {
    // scsiprint.cpp of smartmontools 7.3: error counter log, grown defect list, self-test log.
    const found = report(ata, (raw) => ({
      smartctl: raw['smartctl'],
      device: { name: '/dev/sdb', type: 'scsi', protocol: 'SCSI' },
      scsi_model_name: 'SEAGATE ST600MM0006',
      serial_number: 'S0M1ABCD',
      smart_support: { available: true, enabled: true },
      smart_status: { passed: true },
      temperature: { current: 34, drive_trip: 60 },
      scsi_grown_defect_list: 4,
      scsi_error_counter_log: {
        read: { total_uncorrected_errors: 0 },
        write: { total_uncorrected_errors: 2 },
        verify: { total_uncorrected_errors: 0 },
      },
      scsi_self_test_0: {
        code: { value: 1, string: 'Background short' },
        result: { value: 0, string: 'Completed' },
      },
    }));
    expect(found).toMatchObject({
      model: 'SEAGATE ST600MM0006',
      selfTestExcuse: null,
      smart: {
        status: 'passed',
        temperatureCelsius: 34,
        reallocatedSectors: 4,
        mediaErrors: 2,
        selfTest: { state: 'passed', text: 'Background short: Completed' },
      },
    });
    expect(diskHealth(found.smart)).toBe('warning');
  });

  it('guesses nothing from what it does not understand', () => {
    for (const text of [
      '',
      'smartctl: unrecognized option --json',
      '[]',
      '{}',
      '{"smartctl":{"exit_status":"no"}}',
    ]) {
      expect(() => parseSmartReport(text)).toThrow(expect.objectContaining({ code: 'unexpected-output' }));
    }
    const silent = report(ata, ({ smart_status: _, ...rest }) => rest);
    expect(silent.smart.status).toBe('unknown');
  });
});
