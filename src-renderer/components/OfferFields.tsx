import {
  Checkbox,
  Group,
  Input,
  NumberInput,
  Select,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useState } from 'react';
import type { Field } from '../../src-preload/contract/offers';
import { formatBytes, plural } from '../format/bytes-format';
import { complaintOf, type Answer, type Answers } from './offer-answers';

interface OfferFieldsProps {
  fields: readonly Field[];
  answers: Answers;
  /** Complaints are shown after the first try only. */
  tried: boolean;
  onAnswer: (name: string, answer: Answer) => void;
}

/** More questions than this stand two beside each other, where both are short. */
const mostInOneColumn = 6;

/** A list, or a text that may be long, takes the whole width. */
const isWide = (field: Field): boolean =>
  field.kind === 'pick' ||
  field.kind === 'switch' ||
  (field.kind === 'text' && field.maxLength > 120 && field.hidden === undefined);

/** The questions of an action, drawn from what the core says about them. */
export function OfferFields({ fields, answers, tried, onAnswer }: OfferFieldsProps) {
  const drawn = fields.map((field) => ({
    field,
    element: (
      <OneField
        key={field.name}
        field={field}
        answer={answers[field.name] ?? field.value}
        error={tried ? complaintOf(field, answers[field.name] ?? field.value) : null}
        onAnswer={(answer) => onAnswer(field.name, answer)}
      />
    ),
  }));
  if (fields.length <= mostInOneColumn) return drawn.map(({ element }) => element);
  return (
    <div
      style={{
        display: 'grid',
        gridTemplateColumns: 'repeat(2, minmax(0, 1fr))',
        gap: 'var(--mantine-spacing-md)',
        alignItems: 'start',
      }}
    >
      {drawn.map(({ field, element }) => (
        <div key={field.name} style={isWide(field) ? { gridColumn: '1 / -1' } : undefined}>
          {element}
        </div>
      ))}
    </div>
  );
}

interface OneFieldProps<F extends Field> {
  field: F;
  answer: Answer;
  error: string | null;
  onAnswer: (answer: Answer) => void;
}

function OneField({ field, answer, error, onAnswer }: OneFieldProps<Field>) {
  const common = { label: field.label, description: field.help, error };
  switch (field.kind) {
    case 'text':
    case 'size': {
      const lines = field.kind === 'text' ? field.lines : undefined;
      if (lines !== undefined) {
        return (
          <Textarea
            {...common}
            value={String(answer)}
            placeholder={(field.kind === 'text' ? field.placeholder : null) ?? undefined}
            withAsterisk={field.required}
            rows={lines}
            spellCheck={false}
            autoComplete="off"
            classNames={{ input: 'mono' }}
            onChange={(event) => onAnswer(event.currentTarget.value)}
          />
        );
      }
      return (
        <TextInput
          {...common}
          type={field.kind === 'text' && field.hidden === true ? 'password' : 'text'}
          value={String(answer)}
          placeholder={(field.kind === 'text' ? field.placeholder : null) ?? undefined}
          withAsterisk={field.required}
          spellCheck={false}
          autoComplete="off"
          classNames={{ input: 'mono' }}
          onChange={(event) => onAnswer(event.currentTarget.value)}
        />
      );
    }
    case 'number':
      return (
        <NumberInput
          {...common}
          value={typeof answer === 'number' ? answer : ''}
          min={field.min}
          max={field.max}
          allowDecimal={false}
          onChange={(value) => onAnswer(typeof value === 'number' ? value : '')}
        />
      );
    case 'switch':
      return (
        <Switch
          label={field.label}
          description={field.help}
          checked={answer === true}
          onChange={(event) => onAnswer(event.currentTarget.checked)}
        />
      );
    case 'choice': {
      const hint = field.options.find(({ value }) => value === answer)?.hint ?? null;
      return (
        <Select
          {...common}
          description={hint ?? field.help}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          value={String(answer)}
          data={field.options.map(({ value, label, excuse }) => ({
            value,
            label: excuse === null ? label : `${label} – ${excuse}`,
            disabled: excuse !== null,
          }))}
          searchable={field.options.length > 8}
          onChange={(value) => onAnswer(value ?? '')}
        />
      );
    }
    case 'pick':
      return <Pick field={field} answer={answer} error={error} onAnswer={onAnswer} />;
  }
}

/** Disks and members: every one is seen, also those that can't be taken, with the reason. */
function Pick({ field, answer, error, onAnswer }: OneFieldProps<Extract<Field, { kind: 'pick' }>>) {
  const [search, setSearch] = useState('');
  const chosen = new Set(Array.isArray(answer) ? answer : []);
  const words = search.toLowerCase();
  // Those that can be taken come first; the command keeps the order of the core's list.
  const shown = field.options
    .filter(({ label, value }) => `${label}\n${value}`.toLowerCase().includes(words))
    .toSorted((a, b) => Number(a.excuse !== null) - Number(b.excuse !== null));
  const total = field.options.reduce(
    (sum, option) => sum + (chosen.has(option.value) ? (option.sizeBytes ?? 0) : 0),
    0,
  );
  const toggle = (value: string) =>
    onAnswer(
      chosen.has(value)
        ? [...chosen].filter((entry) => entry !== value)
        : // In the order of the list, which is the order of the command.
          field.options.flatMap((option) =>
            chosen.has(option.value) || option.value === value ? [option.value] : [],
          ),
    );
  return (
    <Input.Wrapper label={field.label} description={field.help} error={error} withAsterisk={field.min > 0}>
      <div role="group" aria-label={field.label} className="panel" style={{ marginTop: 6 }}>
        {field.options.length > 8 && (
          <TextInput
            size="xs"
            m={8}
            placeholder="Search"
            aria-label={`Search ${field.label}`}
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
        )}
        <Stack gap={0} mah={260} style={{ overflowY: 'auto' }}>
          {shown.length === 0 && (
            <Text size="sm" c="dimmed" p="sm">
              {field.options.length === 0 ? 'None are known on this host.' : 'None by that name.'}
            </Text>
          )}
          {shown.map(({ value, label, hint, excuse, sizeBytes }) => (
            <Group key={value} wrap="nowrap" gap="sm" px={12} py={7} align="flex-start">
              <Checkbox
                size="xs"
                mt={2}
                aria-label={label}
                disabled={excuse !== null}
                checked={chosen.has(value)}
                onChange={() => toggle(value)}
              />
              <div style={{ minWidth: 0, flex: 1 }}>
                <Text size="sm" className="truncate" title={label} c={excuse === null ? undefined : 'dimmed'}>
                  {label}
                </Text>
                <Text
                  size="xs"
                  c={excuse === null ? 'dimmed' : 'var(--hf-warning)'}
                  className={excuse === null ? 'mono truncate' : undefined}
                  title={value}
                >
                  {excuse ?? hint ?? value}
                </Text>
              </div>
              {sizeBytes !== null && (
                <Text size="xs" className="numeric" c="dimmed" style={{ flex: 'none' }}>
                  {formatBytes(sizeBytes)}
                </Text>
              )}
            </Group>
          ))}
        </Stack>
        <Text size="xs" c="dimmed" px={12} py={6} style={{ borderTop: '1px solid var(--hf-border)' }}>
          {plural(chosen.size, 'selected', 'selected')}
          {total > 0 && ` · ${formatBytes(total)} raw`}
        </Text>
      </div>
    </Input.Wrapper>
  );
}
