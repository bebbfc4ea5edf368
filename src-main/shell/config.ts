import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { fixedSettingsSchema, type FixedSettings } from '../../src-preload/contract/settings';

const logLevels = ['debug', 'info', 'warn', 'error'] as const;

/** `holdfast.json`: what whoever looks after this laptop decides for good. Unknown keys are refused. */
const configSchema = fixedSettingsSchema.extend({ logLevel: z.enum(logLevels).optional() });

export interface Config {
  /** Settings that the window cannot change. */
  fixed: FixedSettings;
  logLevel: (typeof logLevels)[number];
}

/** The file or a variable cannot be used. Nothing of it was, because half of a decision may be the wrong half. */
export class ConfigError extends Error {}

const flags: Readonly<Record<string, boolean>> = { '1': true, true: true, '0': false, false: false };
const asFlag = (text: string): unknown => flags[text.toLowerCase()] ?? text;
const asNumber = (text: string): unknown => (/^\d+$/.test(text) ? Number(text) : text);
const asText = (text: string): unknown => text;

/** Each variable with the key it stands for; it wins over the file. */
const variables = {
  HOLDFAST_READ_ONLY: ['readOnly', asFlag],
  HOLDFAST_STAGE_FIRST: ['stageFirst', asFlag],
  HOLDFAST_REFRESH_SECONDS: ['refreshSeconds', asNumber],
  HOLDFAST_CLUSTER_REFRESH_SECONDS: ['clusterRefreshSeconds', asNumber],
  HOLDFAST_COLOUR_SCHEME: ['colourScheme', asText],
  HOLDFAST_SHOW_TEMPLATES: ['showTemplates', asFlag],
  HOLDFAST_LOG_LEVEL: ['logLevel', asText],
} as const satisfies Record<string, readonly [keyof z.infer<typeof configSchema>, (text: string) => unknown]>;

/** `HOLDFAST_CONFIG`, else `holdfast.json` beside the profile. null: there is none, and none was named. */
function readConfigFile(
  environment: NodeJS.ProcessEnv,
  userData: string,
): { path: string; text: string } | null {
  const named = environment['HOLDFAST_CONFIG'];
  const path = named === undefined || named === '' ? join(userData, 'holdfast.json') : resolve(named);
  try {
    return { path, text: readFileSync(path, 'utf8') };
  } catch (thrown) {
    const missing = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
    if (missing && (named === undefined || named === '')) return null;
    throw new ConfigError(
      `${path} cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      {
        cause: thrown,
      },
    );
  }
}

/** @throws ConfigError when it is no JSON, or not what the schema has */
export function parseConfig<T>(path: string, text: string, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (thrown) {
    throw new ConfigError(
      `${path} is not JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      {
        cause: thrown,
      },
    );
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new ConfigError(`${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/**
 * The config of this start (H21). SECURITY: it can lock this laptop to reading and can never unlock it: `readOnly` is
 * `true` or left out.
 *
 * @throws ConfigError when file or variables cannot be used whole
 */
export function readConfig(environment: NodeJS.ProcessEnv, userData: string): Config {
  const file = readConfigFile(environment, userData);
  const values = file === null ? {} : parseConfig(file.path, file.text, configSchema);
  for (const [name, [key, convert]] of Object.entries(variables)) {
    const text = environment[name];
    if (text === undefined || text === '') continue;
    const parsed = configSchema.safeParse({ [key]: convert(text) });
    if (!parsed.success) throw new ConfigError(`${name}=${text}: ${z.prettifyError(parsed.error)}`);
    Object.assign(values, parsed.data);
  }
  const { logLevel = 'info', ...fixed } = configSchema.parse(values);
  return { fixed, logLevel };
}
