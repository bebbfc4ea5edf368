import { describe, expect, it } from 'vitest';
import type { Field } from '../../src-preload/contract/offers';
import { fieldsOf, firstAnswers, inputOf, inputOfEach } from './offer-answers';

const text = (name: string, value: string, inBulk: Extract<Field, { kind: 'text' }>['inBulk']): Field => ({
  ...{ kind: 'text', name, label: name, help: null, value, required: true },
  ...{ maxLength: 20, placeholder: null, inBulk },
});
const behind = (before: string) => ({ label: 'Name of each', help: '', value: 'nightly', before });
const size: Field = {
  ...{ kind: 'size', name: 'size', label: 'Size', help: null, value: '1G', required: true },
  maxBytes: null,
};
const root = {
  input: { group: 'vg0', volume: 'root' },
  fields: [text('source', '/root', 'own'), text('name', 'root-x', behind('root-'))],
};
const home = {
  input: { group: 'vg0', volume: 'home' },
  fields: [text('source', '/home', 'own'), text('name', 'home-x', behind('longer-')), size],
};

describe('an action for one object', () => {
  it('asks what it asks, and takes the answers as they are', () => {
    expect(fieldsOf([home])).toEqual(home.fields);
    expect(inputOf(home.fields, { name: 'other' })).toEqual({ source: '/home', name: 'other', size: '1G' });
  });
});

describe('an action for several objects', () => {
  const fields = fieldsOf([root, home]);

  it('asks once for all, also what only one of them needs, and nothing that each has of its own', () => {
    expect(fields.map(({ name, label, value }) => [name, label, value])).toEqual([
      ['name', 'Name of each', 'nightly'],
      ['size', 'Size', '1G'],
    ]);
  });

  it('leaves room for the longest of what comes before', () => {
    expect(fields[0]).toMatchObject({ maxLength: 20 - 'longer-'.length });
  });

  it('gives each its own values, with the answer behind what is its own', () => {
    const answers = { ...firstAnswers(fields), name: 'now', size: '2G' };
    expect(inputOfEach(root, answers)).toEqual({
      ...{ group: 'vg0', volume: 'root' },
      ...{ source: '/root', name: 'root-now' },
    });
    expect(inputOfEach(home, answers)).toEqual({
      ...{ group: 'vg0', volume: 'home' },
      ...{ source: '/home', name: 'longer-now', size: '2G' },
    });
  });

  it('gives the same answer to all where nothing is their own', () => {
    const dataset = (name: string) => ({ input: { dataset: name }, fields: [text('name', 'x', null)] });
    expect(inputOfEach(dataset('tank/b'), { name: 'same' })).toEqual({ dataset: 'tank/b', name: 'same' });
  });
});
