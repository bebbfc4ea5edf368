import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sensorStateSchema } from '../../../../src-preload/contract/inventory';
import { printSensors, serverSensors, type SensorChip } from '../../../demo/sensors';
import { AppError } from '../../errors/app-error';
import { captured } from '../testing/captured';
import { sensorsArgv } from './commands';
import { systemProblems } from './health';
import { parseSensors } from './sensors';

const read = (stdout: string) => parseSensors(stdout);
const refused = (stdout: string) => {
  expect(() => parseSensors(stdout)).toThrow(expect.objectContaining({ code: 'unexpected-output' }));
};

describe('sensors', () => {
  it('are read with their limits, also where one of them gives no value', () => {
    const { command, stdout } = captured('system', 'sensors-issue-121');
    expect(command).toBe(sensorsArgv.join(' '));
    const { sensors, silent } = read(stdout);
    expect(silent).toEqual(['iwlwifi-virtual-0 temp1']);
    expect(sensors).toHaveLength(9);
    expect(sensors.find(({ label }) => label === 'Processor Fan')).toEqual({
      ...{ chip: 'dell_smm-virtual-0', label: 'Processor Fan', kind: 'fan', value: 5985 },
      ...{ low: null, high: null, critical: null, alarm: false },
    });
    expect(sensors.find(({ label }) => label === 'Core 0')).toMatchObject({
      value: 88,
      high: 100,
      critical: 100,
    });
  });

  it('are none where a chip has none, and where there is no chip', () => {
    expect(read(captured('system', 'sensors-issue-513').stdout)).toEqual({
      status: 'read',
      sensors: [],
      silent: [],
    });
    expect(read('{\n\n}\n').sensors).toEqual([]);
  });

  it('that are missing on either side of a comma leave the others as they are', () => {
    const { sensors } = read(
      '{ "nvme-pci-0100": { "Sensor, {1}": {\n,\n"temp2_max": 70.000,\n,\n"temp2_input": 41.5\n} } }',
    );
    expect(sensors).toEqual([expect.objectContaining({ label: 'Sensor, {1}', value: 41.5, high: 70 })]);
  });

  it('that are broken, or whose limits are the ends of the scale, are not given out as measured', () => {
    const { sensors, silent } = read(
      '{"a-pci-1":{"one":{"temp1_input":-5.0,"temp1_fault":1.0},"two":{"temp2_input":40.0,"temp2_min":-273.15,"temp2_max":65261.85},"power":{"power1_input":9.0}}}',
    );
    expect(silent).toEqual(['a-pci-1 one']);
    expect(sensors).toEqual([expect.objectContaining({ label: 'two', low: null, high: null })]);
  });

  it.each([
    ['plain words', 'coretemp-isa-0000\nCore 0: +40.0 C\n'],
    ['nothing', ''],
    ['a list', '[]'],
    ['half an answer', '{ "a-isa-0": { "temp1": { "temp1_input": 40.0'],
    ['a value that is no number', '{ "a-isa-0": { "temp1": { "temp1_input": "40" } } }'],
    ['nan', '{ "a-isa-0": { "temp1": { "temp1_input": nan } } }'],
    ['two numbers', '{ "a-isa-0": { "temp1": { , "temp1_input": 4 0 } } }'],
    ['two members without a comma', '{ "a-isa-0": { "temp1": { "temp1_input": 4 "temp1_max": 5 } } }'],
    ['a text that is no adapter', '{ "a-isa-0": { "temp1": "40" } }'],
    ['more behind it', '{}\nERROR'],
  ])('are not guessed from %s', (_name, stdout) => refused(stdout));

  it('are read whole or not at all, whatever is printed and wherever it breaks off', () => {
    const label = fc
      .string({ minLength: 1, maxLength: 12 })
      .filter((text) => !/["\\]/.test(text) && text !== 'Adapter' && text !== '__proto__');
    const number = fc.integer({ min: -99_000, max: 240_000 }).map((thousandths) => thousandths / 1000);
    const feature = fc
      .tuple(
        fc.constantFrom('temp', 'in'),
        fc.integer({ min: 1, max: 9 }),
        fc.option(number),
        fc.option(number),
      )
      .map(([kind, index, value, high]) => ({
        [`${kind}${index}_input`]: value,
        [`${kind}${index}_max`]: high,
      }));
    const chip = fc.record({
      name: fc.uuid(),
      adapter: label,
      sensors: fc.dictionary(label, feature, { maxKeys: 5, noNullPrototype: true }),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(chip, { maxLength: 4, selector: ({ name }) => name }),
        fc.nat(),
        (chips, at) => {
          const told = chips as SensorChip[];
          const { stdout } = printSensors(told);
          const answer = sensorStateSchema.parse(read(stdout));
          const all = told.flatMap(({ name, sensors }) =>
            Object.entries(sensors).map(([each, values]) => ({ name, each, values })),
          );
          if (answer.status !== 'read') throw new Error(answer.status);
          const given = all.filter(({ values }) =>
            Object.entries(values).some(([key, value]) => key.endsWith('_input') && value !== null),
          );
          expect(answer.sensors).toHaveLength(given.length);
          expect(answer.silent).toHaveLength(all.length - given.length);
          for (const { name, each, values } of given) {
            const [, value] = Object.entries(values).find(([key]) => key.endsWith('_input')) ?? [];
            expect(answer.sensors.find((one) => one.chip === name && one.label === each)?.value).toBe(value);
          }
          // Cut anywhere it is no answer at all, never a shorter one.
          const cut = stdout.trimEnd().slice(0, at % stdout.trimEnd().length);
          expect(() => read(cut)).toThrow(AppError);
        },
      ),
    );
  });

  it('at their critical limit are a problem of the host; alarms of inputs that nothing is wired to are none', () => {
    const problemsOf = (chips: SensorChip[]) =>
      systemProblems({ clockOffsetSeconds: 0, failedUnits: [], sensors: read(printSensors(chips).stdout) });
    expect(problemsOf(serverSensors(0))).toEqual([]);
    const hot = { temp1_input: 101, temp1_crit: 100 };
    const [problem] = problemsOf([
      { name: 'coretemp-isa-0000', adapter: 'ISA adapter', sensors: { 'Core 0': hot, 'Core 1': hot } },
    ]);
    expect(problem).toMatchObject({ severity: 'critical', poolId: null });
    expect(problem?.text).toBe('Core 0 (coretemp-isa-0000) has 101 °C, critical from 100 °C, and 1 more.');
  });
});
