import type { Field } from '../../src-preload/contract/offers';
import type { Offer } from '../../src-preload/contract/operations';
import type { PlanRequest } from '../stores/plan-store';

export type Answer = string | number | boolean | string[];
export type Answers = Record<string, Answer>;

export function firstAnswers(fields: readonly Field[]): Answers {
  return Object.fromEntries(fields.map((field) => [field.name, field.value]));
}

const sizeFactors = { K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 } as const;

/** Bytes of `512M`; null where it is no size. */
export function sizeAnswerBytes(text: string): number | null {
  const match = /^(\d{1,7})([KMGT])$/.exec(text);
  const unit = match?.[2] as keyof typeof sizeFactors | undefined;
  return match === null || unit === undefined ? null : Number(match[1]) * sizeFactors[unit];
}

/** What is wrong with one answer, or null. The core decides again. */
export function complaintOf(field: Field, answer: Answer | undefined): string | null {
  switch (field.kind) {
    case 'text': {
      const text = String(answer ?? '');
      if (text === '') return field.required ? 'Required' : null;
      if (text.startsWith('-') && field.lines === undefined && field.hidden === undefined)
        return 'May not start with “-”';
      return text.length > field.maxLength ? `At most ${field.maxLength} characters` : null;
    }
    case 'size': {
      const text = String(answer ?? '');
      if (text === '') return field.required ? 'Required' : null;
      const bytes = sizeAnswerBytes(text);
      if (bytes === null || bytes === 0) return 'A whole number with K, M, G or T, such as 512M or 10G';
      return field.maxBytes !== null && bytes > field.maxBytes ? 'More than there is room for' : null;
    }
    case 'number': {
      const number = typeof answer === 'number' ? answer : Number.NaN;
      if (!Number.isFinite(number)) return 'A number';
      return number < field.min || number > field.max ? `From ${field.min} to ${field.max}` : null;
    }
    case 'choice': {
      const option = field.options.find(({ value }) => value === answer);
      return option === undefined ? 'Choose one' : option.excuse;
    }
    case 'pick': {
      const count = Array.isArray(answer) ? answer.length : 0;
      if (count < field.min) return `Choose at least ${field.min}`;
      return count > field.max ? `At most ${field.max}` : null;
    }
    case 'switch':
      return null;
  }
}

/** The questions of offers of one action for several objects, each asked once. */
export function fieldsOf(offers: readonly Pick<Offer, 'fields'>[]): Field[] {
  const asked = new Map<string, Field>();
  for (const field of offers.flatMap(({ fields }) => fields)) {
    if (offers.length === 1) asked.set(field.name, field);
    else if (!isOwn(field) && !asked.has(field.name)) asked.set(field.name, asForAll(field, offers));
  }
  return [...asked.values()];
}

const isOwn = (field: Field): boolean => field.kind === 'text' && field.inBulk === 'own';

function asForAll(field: Field, offers: readonly Pick<Offer, 'fields'>[]): Field {
  if (field.kind !== 'text' || field.inBulk === null || field.inBulk === 'own') return field;
  const { label, help, value } = field.inBulk;
  const longest = Math.max(
    ...offers.flatMap(({ fields }) => fields.map((each) => beforeOf(each, field.name).length)),
  );
  return { ...field, label, help, value, maxLength: field.maxLength - longest };
}

function beforeOf(field: Field, name: string): string {
  const { inBulk } = field.kind === 'text' && field.name === name ? field : { inBulk: null };
  return inBulk === null || inBulk === 'own' ? '' : inBulk.before;
}

/** The input of one of several objects: its own values, and what was answered for all. */
export function inputOfEach(
  { input, fields }: Pick<Offer, 'input' | 'fields'>,
  answers: Answers,
): PlanRequest['input'] {
  const own = fields.map((field): [string, Answer] => {
    if (isOwn(field)) return [field.name, field.value];
    const answer = answers[field.name] ?? field.value;
    return [field.name, typeof answer === 'string' ? beforeOf(field, field.name) + answer : answer];
  });
  return { ...input, ...inputOf(fields, Object.fromEntries(own)) };
}

/** Answers as the action's input takes them: an optional text or size left empty becomes null. */
export function inputOf(fields: readonly Field[], answers: Answers): PlanRequest['input'] {
  return Object.fromEntries(
    fields.map((field) => {
      const answer = answers[field.name] ?? field.value;
      const optional = (field.kind === 'text' || field.kind === 'size') && !field.required;
      return [field.name, optional && answer === '' ? null : answer];
    }),
  );
}
