// Runs electron-builder with config.mjs: node packaging/pack.mjs [--dir] [--dist FOLDER --version VERSION]
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'electron-builder';
import config from './config.mjs';

const { values } = parseArgs({
  options: { dir: { type: 'boolean' }, dist: { type: 'string' }, version: { type: 'string' } },
});

/** The one fuse that Electron 25, the evaluation runtime, does not have yet (it came with 29). */
function fusesOf(version) {
  const { grantFileProtocolExtraPrivileges, ...older } = config.electronFuses;
  return Number.parseInt(version, 10) < 29 ? older : { ...older, grantFileProtocolExtraPrivileges };
}

await build({
  projectDir: fileURLToPath(new URL('..', import.meta.url)),
  dir: values.dir === true,
  publish: 'never',
  config: {
    ...config,
    ...(values.dist === undefined ? {} : { electronDist: values.dist }),
    ...(values.version === undefined
      ? {}
      : { electronVersion: values.version, electronFuses: fusesOf(values.version) }),
  },
});
