import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AuditFile } from './audit-file';
import { createAuditStore } from './audit-store';
import type { CheckpointSigner } from './signer';
import type { AuditDraft } from './types';
import { verifyChain } from './verify';

/** What cannot be recorded must not run: every failure throws, leaves no half row, and is over when its cause is. */
const signer: CheckpointSigner = { publicKey: '00'.repeat(32), sign: () => '', isOwn: () => true };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-failure-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const draft = (length = 10): AuditDraft => ({
  event: 'started',
  operationId: randomUUID(),
  hostName: 'nas-01',
  action: 'zfs.snapshot.create',
  target: 'tank/data@daily',
  risk: 'safe',
  outcome: null,
  message: 'x'.repeat(length),
  commands: [],
  planDigest: null,
  exitCode: null,
  durationMs: null,
  stdoutSnippet: '',
  stderrSnippet: '',
  recovery: null,
});

const open = (): AuditFile =>
  AuditFile.open('nas', join(folder, 'nas.sqlite'), signer, 'mara@laptop', Date.now).file;
const rowsOf = (file: AuditFile): number =>
  file.db.prepare<[], number>('SELECT count(*) FROM rows').pluck().get() ?? -1;

it('a full disk', async () => {
  const file = open();
  file.append(draft());
  const pages = file.db.pragma('page_count', { simple: true }) as number;
  file.db.pragma(`max_page_count = ${String(pages)}`);
  expect(() => {
    for (let index = 0; index < 20; index += 1) file.append(draft(8000));
  }).toThrow(expect.objectContaining({ code: 'SQLITE_FULL' }));
  const before = rowsOf(file);
  expect(() => file.append(draft(8000))).toThrow();
  expect(rowsOf(file)).toBe(before);
  expect(file.db.prepare('SELECT count(*) FROM entries').pluck().get()).toBe(before);
  file.db.pragma('max_page_count = 1000000');
  file.append(draft(8000));
  expect(await verifyChain(file.db, { anchor: null, isOwnKey: () => true })).toMatchObject({
    ok: true,
    rowCount: before + 1,
  });
  file.close();
});

it('a file that may only be read', async () => {
  const file = open();
  file.append(draft());
  file.db.pragma('query_only = ON');
  expect(() => file.append(draft())).toThrow(expect.objectContaining({ code: 'SQLITE_READONLY' }));
  file.db.pragma('query_only = OFF');
  file.append(draft());
  expect(await verifyChain(file.db, { anchor: null, isOwnKey: () => true })).toMatchObject({
    ok: true,
    rowCount: 2,
  });
  file.close();
});

it('a path where no file can be, as audit-unavailable and without touching what is there', () => {
  mkdirSync(join(folder, 'nas.sqlite'));
  const store = createAuditStore({
    directory: folder,
    hostName: () => 'nas-01',
    signer,
    anchors: { read: () => [], hostIds: () => [], write: () => undefined },
    actor: 'mara@laptop',
    nowMs: Date.now,
  });
  expect(() => store.append('nas', draft())).toThrow(expect.objectContaining({ code: 'audit-unavailable' }));
  expect(store.sources()).toMatchObject([
    { id: 'nas', problem: expect.stringContaining('could not be opened') },
  ]);
  expect(readdirSync(folder)).toEqual(['nas.sqlite']);
  store.close();
});
