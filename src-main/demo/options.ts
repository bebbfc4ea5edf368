/** Options as getopt_long(3) reads them, operands allowed in between, `--` ending them. */
export interface OptionSpec {
  /** Name the caller reads: `recursive`. */
  readonly key: string;
  /** `-r` or `--nosuffix`; several spellings of one option. */
  readonly names: readonly string[];
  readonly takesValue?: boolean;
}

export interface ParsedOptions {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
}

export type OptionProblem =
  | { kind: 'unknown-short'; option: string }
  | { kind: 'unknown-long'; option: string }
  | { kind: 'missing-value'; option: string };

export function parseOptions(
  words: readonly string[],
  specs: readonly OptionSpec[],
): { ok: true; value: ParsedOptions } | { ok: false; problem: OptionProblem } {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const operands: string[] = [];
  const find = (name: string) => specs.find((spec) => spec.names.includes(name));
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === '--') {
      operands.push(...queue);
      break;
    }
    if (word.startsWith('--')) {
      const [name = '', ...rest] = word.split('=');
      const spec = find(name);
      if (spec === undefined) return { ok: false, problem: { kind: 'unknown-long', option: name } };
      if (spec.takesValue !== true) {
        flags.add(spec.key);
        continue;
      }
      const value = rest.length > 0 ? rest.join('=') : queue.shift();
      if (value === undefined) return { ok: false, problem: { kind: 'missing-value', option: name } };
      values.set(spec.key, value);
      continue;
    }
    if (!word.startsWith('-') || word === '-') {
      operands.push(word);
      continue;
    }
    for (let index = 1; index < word.length; index += 1) {
      const letter = word.charAt(index);
      const spec = find(`-${letter}`);
      if (spec === undefined) return { ok: false, problem: { kind: 'unknown-short', option: letter } };
      if (spec.takesValue !== true) {
        flags.add(spec.key);
        continue;
      }
      const value = word.slice(index + 1) || queue.shift();
      if (value === undefined) return { ok: false, problem: { kind: 'missing-value', option: letter } };
      values.set(spec.key, value);
      break;
    }
  }
  return { ok: true, value: { flags, values, operands } };
}
