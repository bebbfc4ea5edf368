import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Channel, EventName, EventPayload, Request, Response } from '../../../src-preload/contract';
import type { AuditRow } from '../../../src-preload/contract/audit';
import type { Host, HostSettings } from '../../../src-preload/contract/hosts';
import type { OperationResult, Plan } from '../../../src-preload/contract/operations';
import type { WireError } from '../../../src-preload/contract/result';
import type { Core, CoreOptions } from '../core';
import { assembleCore } from '../assemble-core';
import type { ConfirmQuestion, ShellPort } from '../port/shell-port';
import { fileCatalogue } from './file-actions';
import type { ShellHost } from './shell-host';

export interface TestCoreOptions {
  /** Kept by close(); without it a folder of its own is made and removed. */
  dataDirectory?: string;
  /** How the core is started; default: with the catalogue of files. */
  start?: (options: CoreOptions) => Promise<Core>;
  demo?: boolean;
  /** What this computer may do at most. */
  policies?: CoreOptions['policies'];
}

/** The whole core with a test in place of the person. Answers are checked against the contract. */
export interface TestCore {
  readonly dataDirectory: string;
  readonly core: Core;
  readonly questions: ConfirmQuestion[];
  /** Notifications of the desktop, as title and text. */
  readonly notices: { title: string; body: string }[];
  readonly events: { event: EventName; payload: unknown }[];
  /** What the person does with a question; replace it to cancel or to take one's time. */
  answer: (question: ConfirmQuestion, signal?: AbortSignal) => Promise<boolean>;
  /** What the native save dialog answers; null: cancelled. */
  savePath: string | null;
  /** What the native open dialog answers; null: cancelled. */
  openPath: string | null;
  /** Added to the real time. */
  clockOffsetMs: number;
  call<C extends Channel>(channel: C, request: Request<C>, signal?: AbortSignal): Promise<Response<C>>;
  /** The error of a call that must fail. */
  failure(channel: Channel, request: unknown): Promise<WireError>;
  addHost(
    shellHost: Pick<ShellHost, 'port' | 'user' | 'password' | 'sha256'>,
    change?: Partial<HostSettings>,
  ): Promise<Host>;
  plan(hostId: string, action: string, input: Record<string, unknown>): Promise<Plan>;
  /** Runs a plan with the right words typed unless told otherwise. */
  run(plan: Plan, typed?: { target?: string | null; host?: string | null }): Promise<OperationResult>;
  rows(hostId: string, operationId: string): Promise<AuditRow[]>;
  /** Raw rows of all operations of a host, oldest first. */
  allRows(hostId: string): Promise<AuditRow[]>;
  close(): Promise<void>;
}

type Person = 'questions' | 'notices' | 'events' | 'answer' | 'savePath' | 'openPath' | 'clockOffsetMs';

const everything = { search: '', outcomes: [], action: null, fromMs: null, toMs: null };

export async function startTestCore(options: TestCoreOptions = {}): Promise<TestCore> {
  process.env['HOLDFAST_CHECK_RESPONSES'] = '1';
  const dataDirectory = options.dataDirectory ?? mkdtempSync(join(tmpdir(), 'holdfast-core-'));
  /** Exists before the core does, because the core asks and tells while it starts. */
  const person: Pick<TestCore, Person> = {
    questions: [],
    notices: [],
    events: [],
    answer: async () => true,
    savePath: null,
    openPath: null,
    clockOffsetMs: 0,
  };
  const shell: ShellPort = {
    confirm: (question, signal) => {
      person.questions.push(question);
      return person.answer(question, signal);
    },
    seal: async () => null,
    unseal: async () => Promise.reject(new Error('Nothing is sealed in this test.')),
    vaultStatus: async () => ({ persistent: false, backend: 'test' }),
    notify: (title, body) => {
      person.notices.push({ title, body });
    },
    chooseSavePath: async () => person.savePath,
    chooseOpenPath: async () => person.openPath,
  };
  const start =
    options.start ?? ((given) => assembleCore(given, { catalogue: fileCatalogue, permits: () => true }));
  const core = await start({
    dataDirectory,
    shell,
    demo: options.demo ?? false,
    policies: options.policies,
    actor: 'tester@laptop',
    emit: <E extends EventName>(event: E, payload: EventPayload<E>) => {
      person.events.push({ event, payload });
    },
    knownHostsPath: join(dataDirectory, 'no-known-hosts'),
    sshConfigPath: join(dataDirectory, 'ssh-config'),
    nowMs: () => Date.now() + person.clockOffsetMs,
  });
  const send = (channel: Channel, request: unknown, signal = new AbortController().signal) =>
    core.call(channel, request, signal);

  const methods: Omit<TestCore, Person> = {
    dataDirectory,
    core,
    async call(channel, request, signal) {
      const result = await send(channel, request, signal);
      if (!result.ok) {
        throw new Error(
          `${channel}: ${result.error.code}: ${result.error.message} ${result.error.detail ?? ''}`,
        );
      }
      return result.value as Response<typeof channel>;
    },
    async failure(channel, request) {
      const result = await send(channel, request);
      if (result.ok) throw new Error(`${channel} should have failed: ${JSON.stringify(result.value)}`);
      return result.error;
    },
    async addHost(shellHost, change = {}) {
      const peer = { address: '127.0.0.1', port: shellHost.port };
      const { trusted } = await test.call('hosts:trustKey', { ...peer, sha256: shellHost.sha256 });
      if (!trusted) throw new Error('The host key was not trusted.');
      await test.call('settings:update', { readOnly: false });
      const host = await test.call('hosts:add', {
        settings: {
          name: 'box',
          ...peer,
          user: shellHost.user,
          auth: { kind: 'password' },
          sudo: false,
          environment: { label: 'Test', colour: 'teal', production: false },
          accessLevel: 'administer',
          ...change,
        },
        secret: shellHost.password,
      });
      test.questions.length = 0;
      return host;
    },
    plan: (hostId, action, input) =>
      test.call('operations:plan', { hostId, action, input: input as Request<'operations:plan'>['input'] }),
    run: (plan, typed = {}) =>
      test.call('operations:run', {
        planId: plan.id,
        typedTarget: typed.target === undefined ? plan.typed.target : typed.target,
        typedHost: typed.host === undefined ? plan.typed.host : typed.host,
      }),
    async rows(hostId, operationId) {
      return (await test.call('audit:read', { sourceId: hostId, operationId })).rows;
    },
    async allRows(hostId) {
      const { entries } = await test.call('audit:list', {
        sourceId: hostId,
        filter: everything,
        beforeSeq: null,
        limit: 500,
      });
      const rows: AuditRow[] = [];
      for (const { operationId } of entries) rows.push(...(await test.rows(hostId, operationId)));
      return rows.sort((a, b) => a.seq - b.seq);
    },
    async close() {
      await core.close();
      if (options.dataDirectory === undefined) rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
  const test: TestCore = Object.assign(person, methods);
  return test;
}
