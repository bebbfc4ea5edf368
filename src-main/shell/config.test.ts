import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const write = (text: string, name = 'holdfast.json') => writeFileSync(join(folder, name), text);

describe('the config', () => {
  it('is nothing where there is none', () => {
    expect(readConfig({}, folder)).toEqual({ fixed: {}, logLevel: 'info' });
  });

  it('is read from holdfast.json, and variables win over it', () => {
    write('{"readOnly":true,"refreshSeconds":300,"logLevel":"debug"}');
    expect(readConfig({}, folder)).toEqual({
      fixed: { readOnly: true, refreshSeconds: 300 },
      logLevel: 'debug',
    });
    const environment = {
      HOLDFAST_REFRESH_SECONDS: '60',
      HOLDFAST_CLUSTER_REFRESH_SECONDS: '0',
      HOLDFAST_COLOUR_SCHEME: 'dark',
      HOLDFAST_SHOW_TEMPLATES: 'true',
      HOLDFAST_LOG_LEVEL: 'warn',
    };
    expect(readConfig(environment, folder)).toEqual({
      fixed: {
        readOnly: true,
        refreshSeconds: 60,
        clusterRefreshSeconds: 0,
        colourScheme: 'dark',
        showTemplates: true,
      },
      logLevel: 'warn',
    });
  });

  it('may stand elsewhere, and must be there then', () => {
    write('{"colourScheme":"light"}', 'site.json');
    expect(readConfig({ HOLDFAST_CONFIG: join(folder, 'site.json') }, folder).fixed).toEqual({
      colourScheme: 'light',
    });
    expect(() => readConfig({ HOLDFAST_CONFIG: join(folder, 'gone.json') }, folder)).toThrow(
      /cannot be read/,
    );
  });

  it.each([
    ['no JSON', '{', {}],
    ['an unknown key', '{"readonly":true}', {}],
    ['a wrong value', '{"refreshSeconds":5}', {}],
    ['unlocking by file', '{"readOnly":false}', {}],
    ['unlocking by variable', '{}', { HOLDFAST_READ_ONLY: '0' }],
    ['letting deletions run at once', '{"stageFirst":false}', {}],
    ['letting them by variable', '{}', { HOLDFAST_STAGE_FIRST: '0' }],
    ['a wrong variable', '{}', { HOLDFAST_REFRESH_SECONDS: 'often' }],
  ])('is refused whole for %s', (_name, text, environment) => {
    write(text);
    expect(() => readConfig(environment, folder)).toThrow(ConfigError);
  });
});
