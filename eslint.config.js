import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/**
 * Import directions (docs/architecture.md):
 * screen -> store -> api -> contract <- ipc <- core operations -> drivers -> transport.
 * A later block replaces `no-restricted-imports` of an earlier one for the same file,
 * so each folder gets one complete list.
 */
const electron = { group: ['electron', 'electron/*'], message: 'Only src-main/shell imports Electron.' };
const shell = {
  group: ['**/shell/**'],
  message: 'The core does not know the shell; use core/port/shell-port.',
};
const renderer = { group: ['**/src-renderer/**'], message: 'Only the page imports src-renderer.' };
const coreInside = {
  // A regex, because a group cannot let a folder in again whose parent it shuts out.
  regex: '/core/(?!port/)',
  message: 'The shell may import core/port only.',
};
const network = {
  group: ['node:net', 'node:tls', 'node:http', 'node:https', 'node:dgram', 'undici', 'ssh2'],
  message: 'Only the transports (core/ssh, core/proxmox) and the demo servers reach the network.',
};
const childProcess = { group: ['node:child_process'], message: 'The core starts no processes.' };
const driverUp = {
  group: ['**/operations/**', '**/audit/**', '**/hosts/**', '**/inventory/**', '**/demo/**'],
  message: 'Drivers know nothing of operations, audit, hosts or inventory.',
};
const restrict = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns }] });

export default tseslint.config(
  {
    ignores: [
      'out/**',
      'dist/**',
      'node_modules/**',
      'coverage/**',
      'screenshots/**',
      '**/fixtures/**',
      'test-results/**',
      'playwright-report/**',
    ],
  },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['src-preload/contract/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: restrict(electron, {
      group: ['node:*', '../../*', '**/src-main/**'],
      message: 'The contract imports zod and itself.',
    }),
  },
  {
    files: ['src-preload/index.ts'],
    rules: restrict({
      group: ['node:*', 'zod', '**/src-main/**', '**/src-renderer/**'],
      message: 'The sandboxed preload imports electron and channel names.',
    }),
  },
  {
    files: ['src-main/index.ts', 'src-main/shell/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: restrict(renderer, coreInside, network, {
      group: ['**/demo/**'],
      message: 'The demo fleet lives in the core process.',
    }),
  },
  {
    files: ['src-main/core/**/*.ts'],
    ignores: [
      '**/*.test.ts',
      'src-main/core/ssh/**',
      'src-main/core/proxmox/**',
      'src-main/core/storage/**',
      'src-main/core/sandbox/**',
    ],
    rules: restrict(electron, shell, renderer, network, childProcess),
  },
  {
    files: ['src-main/core/ssh/**/*.ts'],
    ignores: ['**/*.test.ts', '**/testing/**'],
    rules: restrict(electron, shell, renderer, driverUp, childProcess, {
      group: ['node:http', 'node:https', 'undici', '**/proxmox/**'],
      message: 'The SSH side never speaks HTTP.',
    }),
  },
  {
    files: ['src-main/core/proxmox/**/*.ts'],
    ignores: ['**/*.test.ts', '**/testing/**'],
    rules: restrict(electron, shell, renderer, driverUp, childProcess, {
      group: ['ssh2', '**/ssh/**'],
      message: 'The client of the API never runs a command.',
    }),
  },
  {
    files: ['src-main/core/storage/**/*.ts', 'src-main/core/sandbox/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: restrict(electron, shell, renderer, driverUp, network, childProcess),
  },
  {
    files: ['src-main/core/{storage,sandbox}/**/{parse,commands}.ts'],
    rules: restrict(electron, shell, renderer, driverUp, network, childProcess, {
      group: ['node:*', '**/ssh/**'],
      message: 'parse.ts and commands.ts do no I/O.',
    }),
  },
  {
    files: ['src-main/demo/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: restrict(electron, shell, renderer, childProcess),
  },
  {
    files: ['src-renderer/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': reactHooks },
    rules: {
      ...reactHooks.configs.recommended.rules,
      // The React compiler is not used; react-virtual is safe without it.
      'react-hooks/incompatible-library': 'off',
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            electron,
            {
              group: ['node:*', '**/src-main/**', 'zod'],
              message: 'The page has no Node; zod runs in main.',
            },
          ],
        },
      ],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['**/src-preload/**'],
              allowTypeImports: true,
              message: 'The page imports contract types only.',
            },
          ],
        },
      ],
      'no-restricted-globals': [
        'error',
        'fetch',
        'XMLHttpRequest',
        'WebSocket',
        'EventSource',
        'localStorage',
        'sessionStorage',
      ],
    },
  },
);
