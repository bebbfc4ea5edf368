import { HttpError } from './errors';

/** As sent: everything is text, a repeated key is an array. */
export type RawParameters = Record<string, string | string[]>;

function add(parameters: RawParameters, name: string, value: string): void {
  const before = parameters[name];
  parameters[name] = before === undefined ? value : [before, value].flat();
}

function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch (error) {
    if (error instanceof URIError) return spaced;
    throw error;
  }
}

/** Splits at every raw `=`, so what follows a second one in a value is lost: as pveproxy does. */
export function parseForm(text: string): RawParameters {
  const parameters: RawParameters = {};
  for (const pair of text.split(/[&;]/)) {
    if (pair === '') continue;
    const [name = '', value = ''] = pair.split('=');
    add(parameters, decode(name), decode(value));
  }
  return parameters;
}

function textOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}

function perlComplaint(text: string): string {
  const at = text.startsWith('{') ? 1 : 0;
  const expected =
    at === 1 ? `'"' expected` : 'malformed JSON string, neither tag, array, object, number, string or atom';
  const rest = JSON.stringify(text.slice(at).replace(/\}$/, ''));
  return `${expected}, at character offset ${at} (before ${rest}) at /usr/share/perl5/PVE/APIServer/AnyEvent.pm line 934.`;
}

export function parseJson(text: string): RawParameters {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new HttpError(500, perlComplaint(text), `${perlComplaint(text)}\n`);
    throw error;
  }
  const parameters: RawParameters = {};
  for (const [name, value] of Object.entries(parsed ?? {})) {
    if (value === null) continue;
    parameters[name] = Array.isArray(value) ? value.map(textOf) : textOf(value);
  }
  return parameters;
}
