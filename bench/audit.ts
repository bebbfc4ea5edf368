import { execFileSync } from 'node:child_process';
import { hash, randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import type { AuditFilter } from '../src-preload/contract/audit';
import type { Outcome } from '../src-preload/contract/operations';
import { AuditFile, openReadable } from '../src-main/core/audit/audit-file';
import { exportRows } from '../src-main/core/audit/csv';
import { entryConditions, entrySource, listEntries } from '../src-main/core/audit/queries';
import { indexNewRows } from '../src-main/core/audit/search-index';
import type { CheckpointSigner } from '../src-main/core/audit/signer';
import type { AuditDraft } from '../src-main/core/audit/types';
import { verifyChain } from '../src-main/core/audit/verify';
import { withFolder } from './folder';
import { ms, pairedRatio, quantile, timed, type BenchRow } from './types';

const million = 1_000_000;
const everything: AuditFilter = { search: '', outcomes: [], action: null, fromMs: null, toMs: null };

/** Signing is part of appending; what the signature says is not measured. */
const signer: CheckpointSigner = {
  publicKey: '00'.repeat(32),
  sign: () => Buffer.alloc(64).toString('base64'),
  isOwn: () => true,
};

const words = ['mail', 'web', 'build', 'archive', 'home', 'vm', 'media', 'logs'];
const outcomes: Outcome[] = ['ok', 'ok', 'ok', 'ok', 'failed', 'ok', 'warning', 'cancelled'];

function drafts(index: number): [AuditDraft, AuditDraft] {
  const operationId = randomUUID();
  const word = words[index % words.length] ?? 'data';
  const target = `tank/${word}/project-${index % 977}@autosnap_2026-11-${(index % 27) + 1}_hourly`;
  const started: AuditDraft = {
    event: 'started',
    operationId,
    hostName: 'nas-01',
    action: index % 3 === 0 ? 'zfs.snapshot.destroy' : 'zfs.snapshot.create',
    target,
    risk: 'safe',
    outcome: null,
    message: `Asked for ${word}.`,
    commands: [`LC_ALL=C sudo -n -- /usr/sbin/zfs snapshot -- ${target}`],
    planDigest: 'a'.repeat(64),
    exitCode: null,
    durationMs: null,
    stdoutSnippet: '',
    stderrSnippet: '',
    recovery: null,
  };
  const outcome = outcomes[index % outcomes.length] ?? 'ok';
  return [
    started,
    {
      ...started,
      event: 'finished',
      outcome,
      exitCode: 0,
      durationMs: 240,
      message: 'Done and seen when reading again.',
    },
  ];
}

const append: BenchRow = {
  id: 'audit-append',
  run: () =>
    withFolder(async (folder) => {
      const { file } = AuditFile.open(
        'bench',
        join(folder, 'audit.sqlite'),
        signer,
        'bench@laptop',
        Date.now,
      );
      const bare = new BetterSqlite3(join(folder, 'bare.sqlite'));
      bare.pragma('journal_mode = WAL');
      bare.pragma('synchronous = FULL');
      bare.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT');
      const insert = bare.prepare('INSERT INTO t (body) VALUES (?)');
      const body = JSON.stringify(drafts(1)[1]);
      let index = 0;
      const rowsPerRun = 100;
      const { ratio, measuredMs, baselineMs } = await pairedRatio(
        15,
        () => {
          for (let row = 0; row < rowsPerRun / 2; row += 1) {
            for (const draft of drafts(index++)) file.append(draft);
          }
        },
        () => {
          for (let row = 0; row < rowsPerRun; row += 1) insert.run(body);
        },
      );
      file.close();
      bare.close();
      return {
        id: 'audit-append',
        ratio,
        limit: 1.3,
        baseline: 'bare better-sqlite3 insert of the same bytes, synchronous=FULL',
        n: 15,
        note: `${ms(measuredMs / rowsPerRun)} a row against ${ms(baselineMs / rowsPerRun)}`,
      };
    }),
};

/** Builds a file of a million rows; not durable row by row, which only the building does without. */
function buildMillion(path: string): void {
  const { file } = AuditFile.open('bench', path, signer, 'bench@laptop', Date.now);
  file.db.pragma('synchronous = OFF');
  for (let index = 0; index < million / 2;) {
    file.db.transaction(() => {
      for (let row = 0; row < 5_000; row += 1, index += 1) {
        for (const draft of drafts(index)) file.append(draft);
      }
    })();
  }
  file.checkpoint();
  file.close();
}

async function indexMillion(path: string): Promise<void> {
  const db = new BetterSqlite3(path);
  db.pragma('synchronous = FULL');
  await indexNewRows(db);
  db.close();
}

const audit1m: BenchRow = {
  id: 'audit-1m',
  gives: ['audit-page', 'verify-1m', 'csv-1m'],
  run: () =>
    withFolder(async (folder) => {
      const path = join(folder, 'audit.sqlite');
      buildMillion(path);
      const indexMs = await timed(() => indexMillion(path));
      const db = openReadable(path);

      const probes: { filter: AuditFilter; before: number | null }[] = [];
      for (let index = 0; index < 60; index += 1) {
        const before = 1 + Math.floor((index + 1) * (million / 61));
        probes.push({ filter: everything, before });
        probes.push({ filter: { ...everything, outcomes: ['failed'] }, before });
        probes.push({
          filter: { ...everything, search: `${words[index % words.length] ?? ''} project-${index * 7}` },
          before: null,
        });
        // Words that every operation has, unfinished and with a filter that leaves few or none.
        const search = ['project', 'autos', 'mail', 'zfs snapshot', 'm'][index % 5] ?? '';
        probes.push({ filter: { ...everything, search }, before: null });
        probes.push({ filter: { ...everything, search, outcomes: ['failed'] }, before: null });
        probes.push({ filter: { ...everything, search, outcomes: ['unknown', 'refused'] }, before: null });
      }
      /** The same page by SQL alone, its rows untouched. */
      const bare = ({ filter, before }: (typeof probes)[number]): unknown => {
        const { sql, values } = entryConditions(filter, before);
        const { from, orderBy } = entrySource(filter);
        return db
          .prepare<(string | number)[]>(
            `SELECT entries.seq, opening.body, closing.body FROM ${from}
             JOIN rows AS opening ON opening.seq = entries.seq
             LEFT JOIN rows AS closing ON closing.seq = entries.closing_seq
             ${sql} ORDER BY ${orderBy} DESC LIMIT 101`,
          )
          .raw()
          .all(...values);
      };
      const times: number[] = [];
      const bareTimes: number[] = [];
      for (const probe of probes) {
        bareTimes.push(await timed(() => bare(probe)));
        times.push(await timed(() => listEntries(db, probe.filter, probe.before, 100)));
      }
      const p95 = quantile(times, 0.95);
      const bareP95 = quantile(bareTimes, 0.95);

      const bodies = db.prepare<[], { body: string }>('SELECT body FROM rows ORDER BY seq');
      const verify = await pairedRatio(
        5,
        () => verifyChain(db, { anchor: null, isOwnKey: () => true }),
        () => {
          for (const { body } of bodies.iterate()) hash('sha256', body, 'hex');
        },
      );
      const hashOnly = await timed(() => {
        const body = bodies.get()?.body ?? '';
        for (let row = 0; row < million; row += 1) hash('sha256', body, 'hex');
      });

      const csvPath = join(folder, 'out.csv');
      const columns =
        'seq, at_ms, event, operation_id, actor, host_id, host_name, action, target, risk, outcome, message, commands, plan_digest, exit_code, duration_ms, stdout_snippet, stderr_snippet, lag(hash) OVER (ORDER BY seq), hash';
      let heap = 0;
      const watch = setInterval(() => (heap = Math.max(heap, process.memoryUsage().rss)), 50);
      const rssBefore = process.memoryUsage().rss;
      const csv = await pairedRatio(
        3,
        () => exportRows(db, everything, csvPath),
        () =>
          execFileSync('sqlite3', [
            '-readonly',
            '-csv',
            path,
            `.output ${join(folder, 'cli.csv')}`,
            `SELECT ${columns} FROM rows ORDER BY seq`,
          ]),
      );
      clearInterval(watch);
      const size = Math.round(statSync(csvPath).size / 1e6);
      db.close();
      return [
        {
          id: 'audit-page',
          ratio: p95 / bareP95,
          limit: 1.5,
          baseline: 'p95 of the bare indexed SQL for the same pages',
          n: probes.length,
          note: `p95 ${ms(p95)} (pages, filters, searches for rare and for common words, and both together, mixed) against ${ms(bareP95)}; limit also 50 ms; the first search of a file never searched takes ${ms(indexMs)}`,
        },
        {
          id: 'verify-1m',
          ratio: verify.ratio,
          limit: 2,
          baseline: 'SHA-256 over the same bytes, read from the same file',
          n: 5,
          note: `${ms(verify.measuredMs)} against ${ms(verify.baselineMs)}; hashing alone from memory ${ms(hashOnly)}`,
        },
        {
          id: 'csv-1m',
          ratio: csv.ratio,
          limit: 1,
          baseline: 'sqlite3 CLI -csv of the same columns',
          n: 3,
          note: `${ms(csv.measuredMs)} against ${ms(csv.baselineMs)}, ${size} MB, memory grew by ${Math.round((heap - rssBefore) / 1e6)} MB`,
        },
      ];
    }),
};

export const rows: BenchRow[] = [append, audit1m];
