import type { ChoiceOption, Field } from '../../../../src-preload/contract/offers';

type TextField = Extract<Field, { kind: 'text' }>;

/** `holdfast-20261123-042630` in UTC: a snapshot name every backend accepts. */
export function snapshotName(atMs: number): string {
  const [date = '', time = ''] = new Date(atMs).toISOString().split('T');
  return `holdfast-${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}`;
}

export function textField(
  name: string,
  label: string,
  value: string,
  more: {
    help?: string;
    required?: boolean;
    maxLength?: number;
    placeholder?: string;
    lines?: number;
    hidden?: true;
    inBulk?: TextField['inBulk'];
  } = {},
): Field {
  const { help = null, required = true, maxLength = 255, placeholder = null, inBulk = null } = more;
  return {
    kind: 'text',
    name,
    label,
    value,
    help,
    required,
    maxLength,
    placeholder,
    inBulk,
    ...(more.lines === undefined ? {} : { lines: more.lines }),
    ...(more.hidden === undefined ? {} : { hidden: more.hidden }),
  };
}

/** Of several volumes each: their snapshots can't all have one name. @param before what the name of each begins with */
export function nameOfEach(before: string, atMs: number): TextField['inBulk'] {
  return {
    label: 'Name behind that of each volume',
    help: `The first is called ${before.split('/').at(-1) ?? ''}NAME.`,
    value: snapshotName(atMs),
    before,
  };
}

/** A size as tools take it, `10G`. */
export function sizeField(
  name: string,
  label: string,
  value: string,
  more: { help?: string; required?: boolean; maxBytes?: number } = {},
): Field {
  const { help = null, required = true, maxBytes = null } = more;
  return { kind: 'size', name, label, value, help, required, maxBytes };
}

export function numberField(
  name: string,
  label: string,
  value: number,
  bounds: { min: number; max: number; help?: string },
): Field {
  const { min, max, help = null } = bounds;
  return { kind: 'number', name, label, value, help, min, max };
}

export function switchField(name: string, label: string, value: boolean, help: string | null = null): Field {
  return { kind: 'switch', name, label, value, help };
}

/** One of a few; starts with the first that can be chosen, unless `value` names one. */
export function choiceField(
  name: string,
  label: string,
  options: readonly (Pick<ChoiceOption, 'value' | 'label'> & Partial<ChoiceOption>)[],
  more: { help?: string; value?: string } = {},
): Field {
  const full = options.map(({ value, label: text, hint = null, excuse = null }) => ({
    value,
    label: text,
    hint,
    excuse,
  }));
  const first = full.find(({ excuse }) => excuse === null)?.value ?? '';
  return {
    kind: 'choice',
    name,
    label,
    value: more.value ?? first,
    help: more.help ?? null,
    options: full,
  };
}

export type PickOption = Extract<Field, { kind: 'pick' }>['options'][number];

/** Several of many, none chosen at first: a person picks every disk themself. */
export function pickField(
  name: string,
  label: string,
  options: readonly PickOption[],
  bounds: { min: number; max?: number; help?: string },
): Field {
  const { min, max = Math.max(1, options.length), help = null } = bounds;
  return { kind: 'pick', name, label, value: [], min, max, help, options: [...options] };
}
