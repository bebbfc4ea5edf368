import { parseOptions, type OptionSpec, type ParsedOptions } from '../options';
import { failed, succeeded, type CommandResult } from '../result';

/** What all commands of the simulated msb say and take alike. */

export const error = (text: string): CommandResult => failed(1, `error: ${text}\n`);
export const usage = (text: string): CommandResult =>
  failed(2, `error: ${text}\n\nFor more information, try '--help'.\n`);

/** `2026-11-23T01:07:23.954000000+00:00` */
export const stamp = (ms: number): string =>
  new Date(ms).toISOString().replace(/(\.\d{3})Z$/, '$1000000+00:00');
export const json = (value: unknown): CommandResult => succeeded(`${JSON.stringify(value, null, 2)}\n`, 9);

export function options(
  words: readonly string[],
  specs: readonly OptionSpec[],
  work: (parsed: ParsedOptions) => CommandResult,
): CommandResult {
  const parsed = parseOptions(words, specs);
  if (!parsed.ok) return usage(`unexpected argument '${parsed.problem.option}' found`);
  const format = parsed.value.values.get('format');
  if (format !== undefined && format !== 'json') {
    return usage(`invalid value '${format}' for '--format <FORMAT>'\n  [possible values: json]`);
  }
  return work(parsed.value);
}

export const format: OptionSpec = { key: 'format', names: ['--format'], takesValue: true };
export const quiet: OptionSpec = { key: 'quiet', names: ['-q', '--quiet'] };
