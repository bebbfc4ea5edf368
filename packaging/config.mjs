// How electron-builder packs Holdfast: see docs/packaging.md. scripts/package.mjs adds which Electron.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const { devDependencies } = JSON.parse(
  readFileSync(fileURLToPath(new URL('../package.json', import.meta.url)), 'utf8'),
);

/** The groups of resources/holdfast.desktop: one description for those who install by hand and for the packages. */
const groups = Object.fromEntries(
  readFileSync(fileURLToPath(new URL('../resources/holdfast.desktop', import.meta.url)), 'utf8')
    .split(/^\[(?=.*\]$)/m)
    .slice(1)
    .map((group) => {
      const [head, ...lines] = group.trim().split('\n');
      return [
        head.slice(0, -1),
        Object.fromEntries(lines.filter(Boolean).map((line) => line.split(/=(.*)/s).slice(0, 2))),
      ];
    }),
);
/** electron-builder writes these by itself. */
const written = ['Type', 'Version', 'Exec', 'Icon', 'Terminal', 'Actions'];
const entry = Object.fromEntries(
  Object.entries(groups['Desktop Entry']).filter(([key]) => !written.includes(key)),
);
const desktopActions = { demo: groups['Desktop Action demo'] };

/** @type {import('electron-builder').Configuration} */
export default {
  appId: 'org.holdfast.Holdfast',
  productName: 'Holdfast',
  copyright: 'The authors of Holdfast, Apache-2.0',
  electronVersion: devDependencies.electron,
  directories: { output: 'dist', buildResources: 'resources' },

  // SECURITY: an archive whose digest is in the executable (macOS, Windows), and no other code than its own.
  asar: true,
  electronFuses: {
    runAsNode: false,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableCookieEncryption: true,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    loadBrowserProcessSpecificV8Snapshot: false,
    grantFileProtocolExtraPrivileges: false,
  },

  // What the build made, and the packages that it left outside; everything else of node_modules stays here.
  files: [
    'out/{main,preload,renderer}/**',
    'resources/icon.png',
    'package.json',
    'LICENSE',
    // better-sqlite3 without its sources and the binaries of other platforms.
    '!node_modules/better-sqlite3/{deps,src,binding.gyp}',
    '!node_modules/better-sqlite3/prebuilds/*',
    'node_modules/better-sqlite3/prebuilds/${platform}-${arch}.node',
    // ssh2 runs without its optional native parts, of which only sources are there.
    '!node_modules/{buildcheck,cpu-features,nan,node-addon-api}/**',
    '!node_modules/ssh2/{install.js,util,lib/protocol/crypto/{binding.gyp,src}}',
    '!**/node_modules/**/{test,tests,examples,docs,types}/**',
    '!**/node_modules/**/{*.d.ts,*.md,*.map,.eslint*}',
  ],
  // A native module is loaded from a real file.
  asarUnpack: ['node_modules/better-sqlite3/prebuilds/**'],
  // better-sqlite3 is Node-API and brings its binaries; ssh2 works without its optional native parts.
  npmRebuild: false,
  nodeGypRebuild: false,
  buildDependenciesFromSource: false,

  linux: {
    target: ['AppImage', 'deb'],
    executableName: 'holdfast',
    category: 'System',
    synopsis: 'Administration of Linux storage hosts, Proxmox VE clusters and sandbox volumes',
    icon: 'resources/icon.png',
    desktop: { entry, desktopActions },
  },
  deb: { maintainer: 'The authors of Holdfast <holdfast@localhost>', packageCategory: 'admin' },
  mac: {
    target: ['dmg'],
    icon: 'resources/icon.png',
    category: 'public.app-category.utilities',
    hardenedRuntime: true,
  },
  win: { target: ['nsis'], icon: 'resources/icon.png' },
  nsis: { oneClick: false, perMachine: false, allowToChangeInstallationDirectory: true },
  publish: null,
};
