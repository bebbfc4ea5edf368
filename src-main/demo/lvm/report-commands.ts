import { parseOptions, type OptionSpec, type ParsedOptions } from '../options';
import { failed, type CommandResult } from '../result';
import {
  missingGroup,
  nonRootComplaint,
  parsingError,
  splitVolumePath,
  type LvmContext,
} from './command-text';
import { diskFields, groupFields, segmentFields, volumeFields, type Field } from './fields';
import type { LvmModel } from './model';
import { isHidden, type LogicalVolume, type VolumeGroup } from './volumes';

/** vgs, lvs and pvs with `--reportformat json`. */
interface Report {
  key: 'vg' | 'lv' | 'pv';
  title: string;
  all: string;
  defaults: string;
}

const reports = {
  vgs: {
    key: 'vg',
    title: 'Volume Group Fields',
    all: 'vg_all',
    defaults: 'vg_name,pv_count,lv_count,snap_count,vg_attr,vg_size,vg_free',
  },
  lvs: {
    key: 'lv',
    title: 'Logical Volume Fields',
    all: 'lv_all',
    defaults:
      'lv_name,vg_name,lv_attr,lv_size,pool_lv,origin,data_percent,metadata_percent,move_pv,mirror_log,copy_percent,convert_lv',
  },
  pvs: {
    key: 'pv',
    title: 'Physical Volume Fields',
    all: 'pv_all',
    defaults: 'pv_name,vg_name,pv_fmt,pv_attr,pv_size,pv_free',
  },
} as const satisfies Record<string, Report>;

type FieldTable<Row> = Readonly<Record<string, Field<Row>>>;

/** The fields asked for, `xx_all` spelled out; the first one nobody knows instead. */
function chooseFields<Row>(
  report: Report,
  asked: string | undefined,
  all: FieldTable<Row>,
  more: FieldTable<Row>,
): { fields: [string, Field<Row>][] } | { unknown: string } {
  const list =
    asked === undefined
      ? report.defaults
      : asked.startsWith('+')
        ? `${report.defaults},${asked.slice(1)}`
        : asked;
  const fields: [string, Field<Row>][] = [];
  for (const name of list.split(',')) {
    if (name === report.all) {
      fields.push(...Object.entries(all));
      continue;
    }
    const field = Object.hasOwn(all, name) ? all[name] : Object.hasOwn(more, name) ? more[name] : undefined;
    if (field === undefined) return { unknown: name };
    fields.push([name, field]);
  }
  return { fields };
}

/** An unknown field prints all that are known, and fails. */
function unknownField(report: Report, name: string, known: readonly string[]): CommandResult {
  const stderr = [
    `  ${report.title}`,
    `  ${'-'.repeat(report.title.length)}`,
    ...[report.all, ...known].map((field) => `    ${field}`),
    '   ',
    `  Unrecognised field: ${name}`,
    '',
  ].join('\n');
  return failed(5, stderr, '  {\n      "report": [\n      ]\n  }\n');
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function reportText<Row>(key: string, fields: readonly [string, Field<Row>][], rows: readonly Row[]): string {
  const lines = rows.map(
    (row) =>
      `                  {${fields.map(([name, read]) => `"${name}":${quoted(read(row))}`).join(', ')}}`,
  );
  const body = lines.length === 0 ? '' : `${lines.join(',\n')}\n`;
  return `  {\n      "report": [\n          {\n              "${key}": [\n${body}              ]\n          }\n      ]\n  }\n`;
}

function byName<T extends { name: string }>(items: Iterable<T>): T[] {
  return [...items].sort((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0));
}

const reportOptions: readonly OptionSpec[] = [
  { key: 'format', names: ['--reportformat'], takesValue: true },
  { key: 'units', names: ['--units'], takesValue: true },
  { key: 'nosuffix', names: ['--nosuffix'] },
  { key: 'fields', names: ['-o', '--options'], takesValue: true },
  { key: 'all', names: ['-a', '--all'] },
];

interface Selection {
  groups: VolumeGroup[];
  /** null: all of the groups. */
  volumes: { group: VolumeGroup; volume: LogicalVolume }[] | null;
  complaints: string[];
}

function select(model: LvmModel, operands: readonly string[]): Selection {
  const groups = byName(model.groups.values());
  if (operands.length === 0) return { groups, volumes: null, complaints: [] };
  const selection: Selection = { groups: [], volumes: [], complaints: [] };
  for (const operand of operands) {
    const path = splitVolumePath(operand);
    const group = model.groups.get(path.group);
    if (group === undefined) {
      selection.complaints.push(...missingGroup(path.group));
      continue;
    }
    selection.groups.push(group);
    const named = path.volume === null ? [...group.volumes.values()] : [group.volumes.get(path.volume)];
    for (const volume of named) {
      if (volume === undefined) {
        selection.complaints.push(`Failed to find logical volume "${path.group}/${path.volume}"`);
      } else selection.volumes?.push({ group, volume });
    }
  }
  return selection;
}

function answer<Row>(
  report: Report,
  options: ParsedOptions,
  all: FieldTable<Row>,
  more: FieldTable<Row>,
  rows: readonly Row[],
  complaints: readonly string[],
): CommandResult {
  const chosen = chooseFields(report, options.values.get('fields'), all, more);
  if ('unknown' in chosen) {
    return unknownField(report, chosen.unknown, [...Object.keys(all), ...Object.keys(more)]);
  }
  return {
    exitCode: complaints.length > 0 ? 5 : 0,
    stdout: reportText(report.key, chosen.fields, rows),
    stderr: complaints.map((line) => `  ${line}\n`).join(''),
    delayMs: 12,
  };
}

/** Disks of no group, as the reports need them: in a group without a name. */
function orphanGroups({ orphans }: LvmModel): VolumeGroup[] {
  if (orphans.length === 0) return [];
  const extentBytes = 4 * 1024 * 1024;
  return [
    { name: '', uuid: '', extentBytes, disks: orphans, volumes: new Map(), blocks: new Map(), revision: 0 },
  ];
}

export function runReport(
  tool: 'vgs' | 'lvs' | 'pvs',
  words: readonly string[],
  { model, root }: LvmContext,
): CommandResult {
  const parsed = parseOptions(words, reportOptions);
  if (!parsed.ok) return parsingError(tool, parsed.problem);
  const options = parsed.value;
  const report = reports[tool];
  const format = options.values.get('format');
  // json_std came with 2.03.17 (seen: refused by 2.03.16).
  if (format !== 'json') {
    return failed(
      3,
      `  Invalid argument for --reportformat: ${format ?? ''}\n  Error during parsing of command line.\n`,
    );
  }
  if (options.values.get('units') !== 'b' || !options.flags.has('nosuffix')) {
    return failed(3, '  The demo host prints plain bytes only (--units b --nosuffix).\n');
  }
  if (!root) return failed(5, nonRootComplaint, reportText<never>(report.key, [], []));
  const groupName: FieldTable<{ group: VolumeGroup }> = { vg_name: ({ group }) => group.name };
  if (tool === 'pvs') {
    const wanted = options.operands;
    const rows = [...byName(model.groups.values()), ...orphanGroups(model)]
      .flatMap((group) => group.disks.map((disk) => ({ group, disk, name: disk.name })))
      .filter((row) => wanted.length === 0 || wanted.includes(row.name));
    const complaints = wanted
      .filter((name) => !rows.some((row) => row.name === name))
      .map((name) => `Failed to find physical volume "${name}".`);
    return answer(report, options, diskFields, groupName, byName(rows), complaints);
  }
  const { groups, volumes, complaints } = select(model, options.operands);
  if (tool === 'vgs') {
    return answer(
      report,
      options,
      groupFields,
      {},
      groups.map((group) => ({ group })),
      complaints,
    );
  }
  const perSegment = (options.values.get('fields') ?? '')
    .split(',')
    .some((name) => Object.hasOwn(segmentFields, name.replace(/^\+/, '')));
  const rows = groups.flatMap((group) =>
    byName(group.volumes.values())
      .filter((volume) => options.flags.has('all') || !isHidden(volume))
      .filter(
        (volume) =>
          volumes === null || volumes.some((chosen) => chosen.group === group && chosen.volume === volume),
      )
      .flatMap((volume) =>
        perSegment && volume.ranges.length > 0
          ? volume.ranges.map((range) => ({ group, volume, range }))
          : [{ group, volume, range: volume.ranges[0] ?? null }],
      ),
  );
  return answer(report, options, volumeFields, { ...segmentFields, ...groupName }, rows, complaints);
}
