import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Channel, Request, Response } from '../../src-preload/contract';
import type { AuditRow } from '../../src-preload/contract/audit';
import type { AccessLevel, Host } from '../../src-preload/contract/hosts';
import type { OperationResult, Plan } from '../../src-preload/contract/operations';
import type { Core } from '../../src-main/core/core';
import { createCore } from '../../src-main/core/create-core';
import type { ConfirmQuestion } from '../../src-main/core/port/shell-port';
import { doneNotes } from './done-notes';
import type { Lab } from './lab';

/** The real core with a person who reads every native question and answers as the test says. */
export interface LiveCore {
  call<C extends Channel>(channel: C, request: Request<C>): Promise<Response<C>>;
  /** The error of a call that must fail. */
  refusal<C extends Channel>(channel: C, request: Request<C>): Promise<{ code: string; message: string }>;
  questions: ConfirmQuestion[];
  /** What the person answers from now on; `openPath`: the file that is chosen, once a host was added. */
  answer: { confirm: boolean; openPath: string | null };
  /** Plans, types what is asked for, confirms, and returns plan and result. */
  run(
    hostId: string,
    action: string,
    input: Request<'operations:plan'>['input'],
  ): Promise<{ plan: Plan; result: OperationResult }>;
  auditOf(hostId: string, operationId: string): Promise<AuditRow[]>;
  addLabHost(
    lab: Lab,
    settings?: Partial<Pick<Host, 'name' | 'user' | 'sudo'>> & { accessLevel?: AccessLevel },
  ): Promise<Host>;
  close(): Promise<void>;
}

export async function startLiveCore(): Promise<LiveCore> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'holdfast-live-'));
  const questions: ConfirmQuestion[] = [];
  const answer: LiveCore['answer'] = { confirm: true, openPath: null };
  let keyPath: string | null = null;
  const core: Core = await createCore({
    dataDirectory,
    demo: false,
    actor: 'live@tests',
    emit: () => undefined,
    knownHostsPath: join(dataDirectory, 'no-known-hosts'),
    shell: {
      confirm: async (question) => {
        questions.push(question);
        return answer.confirm;
      },
      seal: async () => null,
      unseal: async () => Promise.reject(new Error('nothing is sealed here')),
      vaultStatus: async () => ({ persistent: false, backend: 'none' }),
      notify: () => undefined,
      chooseSavePath: async (suggestedName) => join(dataDirectory, suggestedName),
      chooseOpenPath: async () => answer.openPath ?? keyPath,
    },
  });
  const send = (channel: Channel, request: unknown) =>
    core.call(channel, request, new AbortController().signal);

  const note = doneNotes();
  const live: LiveCore = {
    questions,
    answer,
    async call(channel, request) {
      const result = await send(channel, request);
      note(channel, request, result);
      if (!result.ok)
        throw new Error(
          `${channel}: ${result.error.code}: ${result.error.message} ${result.error.detail ?? ''}`,
        );
      return result.value as Response<typeof channel>;
    },
    async refusal(channel, request) {
      const result = await send(channel, request);
      if (result.ok) throw new Error(`${channel} was not refused`);
      return result.error;
    },
    async run(hostId, action, input) {
      const plan = await live.call('operations:plan', { hostId, action, input });
      const result = await live.call('operations:run', {
        planId: plan.id,
        typedTarget: plan.typed.target,
        typedHost: plan.typed.host,
      });
      return { plan, result };
    },
    async auditOf(hostId, operationId) {
      const { rows } = await live.call('audit:read', { sourceId: hostId, operationId });
      return rows;
    },
    async addLabHost(lab, settings = {}) {
      keyPath = lab.privateKeyPath;
      const { keyFile } = await live.call('hosts:chooseKeyFile', {});
      if (keyFile === null) throw new Error('the key file was not taken');
      const probe = await live.call('hosts:probeKey', { address: lab.host, port: lab.port });
      if (probe.offered.sha256 !== lab.hostKeySha256) throw new Error('this is not the lab machine');
      await live.call('hosts:trustKey', { address: lab.host, port: lab.port, sha256: probe.offered.sha256 });
      return live.call('hosts:add', {
        settings: {
          name: settings.name ?? 'lab',
          address: lab.host,
          port: lab.port,
          user: settings.user ?? lab.user,
          auth: { kind: 'key-file', keyFileId: keyFile.keyFileId, displayPath: keyFile.displayPath },
          sudo: settings.sudo ?? true,
          environment: { label: 'Lab', colour: 'teal', production: false },
          accessLevel: settings.accessLevel ?? 'administer',
        },
        secret: null,
      });
    },
    async close() {
      await core.close();
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
  // Read by hand and after changes only: every minute a whole reading would take half of the emulated processor.
  await live.call('settings:update', { refreshSeconds: 0 });
  return live;
}
