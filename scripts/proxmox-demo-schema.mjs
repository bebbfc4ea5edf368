/**
 * Reduces the API description of Proxmox VE to what the demo clusters check requests against, and writes it to
 * src-main/demo/proxmox/schema.json, one call a line. To regenerate it from the description of another release
 * (a list of { path, method, parameters, permissions, protected, proxyto, allowtoken }, as `pvesh` and the API
 * viewer know it):
 *
 *   node scripts/proxmox-demo-schema.mjs path/to/pve-api.json
 */
import { readFileSync, writeFileSync } from 'node:fs';

const kept = [
  'type',
  'enum',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'requires',
  'default_key',
  'alias',
];
const flags = ['optional', 'default_key'];

/** Perl's pattern as one of JavaScript, or an error that stops the script. */
function toJavaScript(pattern) {
  const translated = pattern
    .replace(/\(\?\^[a-z]*:/g, '(?:')
    .replace(/\\[AzZ]/g, '')
    .replace(/\(\?<(?![=!])([\w]+)>/g, '(?:');
  new RegExp(`^(?:${translated})$`);
  // A pattern that is to ignore case does so from its first sign to its last in all releases so far.
  return /\(\?\^[a-z]*i/.test(pattern) ? { pattern: translated, ignoreCase: true } : { pattern: translated };
}

function reduceFormat(format) {
  if (typeof format === 'string') return format;
  return Object.fromEntries(Object.entries(format).map(([name, spec]) => [name, reduceSpec(spec)]));
}

function reduceSpec(spec) {
  const reduced = {};
  for (const key of kept) if (spec[key] !== undefined) reduced[key] = spec[key];
  if (spec.keyAlias !== undefined) reduced.keyAlias = spec.keyAlias;
  for (const flag of flags) {
    if (Number(spec[flag] ?? 0) === 1) reduced[flag] = true;
    else delete reduced[flag];
  }
  if (spec.pattern !== undefined) Object.assign(reduced, toJavaScript(spec.pattern));
  if (spec.format !== undefined) reduced.format = reduceFormat(spec.format);
  if (spec.items !== undefined) reduced.items = reduceSpec(spec.items);
  // Only the fabrics of the software-defined network have these, one for each protocol.
  if (spec.oneOf !== undefined) reduced.any = true;
  return reduced;
}

function reduceCall({ path, method, parameters, permissions, ...call }) {
  const needed = { ...permissions };
  delete needed.description;
  const reduced = { path, method, parameters: {} };
  for (const [name, spec] of Object.entries(parameters?.properties ?? {})) {
    reduced.parameters[name] = reduceSpec(spec);
  }
  if (Object.keys(needed).length > 0) reduced.permissions = needed;
  if (call.protected === 1) reduced.protected = true;
  if (call.proxyto !== undefined) reduced.proxyto = call.proxyto;
  if (call.allowtoken === 0) reduced.ticketOnly = true;
  return reduced;
}

const [source] = process.argv.slice(2);
if (source === undefined) throw new Error('Say where the API description is: a JSON file.');
const lines = JSON.parse(readFileSync(source, 'utf8'))
  .map(reduceCall)
  .sort((left, right) => (left.path + left.method < right.path + right.method ? -1 : 1))
  .map((call) => JSON.stringify(call));
writeFileSync('src-main/demo/proxmox/schema.json', `[\n${lines.join(',\n')}\n]\n`);
