import { execFileSync, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Plan, PveStep, SshStep } from '../../../src-preload/contract/operations';
import { saveText } from '../files/save-text';
import { startShellHost } from '../testing/shell-host';
import { startTestCore } from '../testing/test-core';
import type { PlanDraft } from './action';
import { transcript, transcriptNames } from './actions/testing/transcript';
import { planScript, scriptName } from './plan-script';
import { commandsOf } from '../testing/commands-of';

/** A `sudo` that writes down what it was given, word for word, and ends as it is told. */
const recordingSudo = `#!/bin/sh
{ printf '%s\\0' "$#" "$LC_ALL" "$@"; } >> "$RECORD"
count=$(cat "$RECORD.count" 2>/dev/null || echo 0)
echo $((count + 1)) > "$RECORD.count"
code=$(echo "$CODES" | cut -d' ' -f$((count + 1)))
exit "\${code:-0}"
`;

let folder: string;
let record: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-script-'));
  record = join(folder, 'record');
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin', 'sudo'), recordingSudo);
  chmodSync(join(folder, 'bin', 'sudo'), 0o755);
  writeFileSync(record, '');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  exitCode: number | null;
  stderr: string;
  stdout: string;
  /** The argument vectors that reached the tool. */
  commands: string[][];
  locales: string[];
}

/** Runs a script with the system's sh; the only tool it finds is the recording sudo. */
function run(script: string, words: readonly string[] = [], exitCodes: readonly number[] = []): Ran {
  const file = join(folder, 'plan.sh');
  writeFileSync(file, script);
  writeFileSync(record, '');
  rmSync(`${record}.count`, { force: true });
  execFileSync('/bin/sh', ['-n', file]);
  const result = spawnSync('/bin/sh', [file, ...words], {
    env: { PATH: `${join(folder, 'bin')}:/usr/bin:/bin`, RECORD: record, CODES: exitCodes.join(' ') },
    encoding: 'utf8',
  });
  const fields = readFileSync(record, 'utf8').split('\0').slice(0, -1);
  const commands: string[][] = [];
  const locales: string[] = [];
  while (fields.length > 0) {
    const count = Number(fields.shift());
    locales.push(fields.shift() ?? '');
    commands.push(['sudo', ...fields.splice(0, count)]);
  }
  return { exitCode: result.status, stderr: result.stderr, stdout: result.stdout, commands, locales };
}

function step(argv: readonly string[], more: Partial<SshStep> = {}): SshStep {
  return {
    kind: 'ssh',
    title: 'Do it',
    argv: ['sudo', '-n', '--', ...argv],
    commandLine: `printf '%s\\n' our-marker; ${argv.join(' ')}`,
    explain: 'It does it.',
    acceptExitCodes: [0],
    timeoutSeconds: 60,
    ...more,
  };
}

function planOf(change: Partial<Plan> = {}): Plan {
  return {
    id: randomUUID(),
    action: 'zfs.snapshot.destroy',
    title: 'Destroy ZFS snapshot',
    host: {
      kind: 'host',
      id: 'nas',
      name: 'nas-01',
      address: '10.0.0.7',
      environment: { label: 'Office', colour: 'green', production: false },
      accessLevel: 'administer',
    },
    risk: 'destructive',
    target: { kind: 'snapshot', name: 'tank/data@daily' },
    steps: [step(['/usr/sbin/zfs', 'destroy', '--', 'tank/data@daily'])],
    consequences: [],
    blockers: [],
    undo: null,
    typed: { target: null, host: null },
    createdAtMs: Date.UTC(2026, 10, 23, 10, 15, 2),
    expiresAtMs: Date.UTC(2026, 10, 23, 10, 25, 2),
    digest: 'ab'.repeat(32),
    ...change,
  };
}

describe('a plan as a shell script', () => {
  it('sends every recorded plan of every action word for word, in order', () => {
    let steps = 0;
    for (const name of transcriptNames()) {
      const { action, expected } = transcript(name);
      const draft = expected.draft as unknown as PlanDraft | null;
      if (draft === null || !Array.isArray(draft.steps) || draft.blockers.length > 0) continue;
      const plan = planOf({
        action,
        ...draft,
        steps: draft.steps.map((each) =>
          step(each.argv, {
            ...each,
            argv: ['sudo', '-n', '--', ...each.argv],
            acceptExitCodes: [...each.acceptExitCodes],
          }),
        ),
      });
      const ran = run(planScript(plan));
      expect(ran, name).toMatchObject({ exitCode: 0, stderr: '', stdout: '' });
      expect(ran.commands, name).toEqual(commandsOf(plan).map(({ argv }) => argv));
      expect(ran.locales.every((locale) => locale === 'C')).toBe(true);
      steps += ran.commands.length;
    }
    expect(steps).toBeGreaterThan(60);
  });

  it('says in its comments what it is, what is lost, what each step does and how to undo it', () => {
    const text = planScript(
      planOf({
        consequences: [
          {
            severity: 'loss',
            text: 'One snapshot is destroyed.',
            items: [{ name: 'tank/data@daily', sizeBytes: 1536 }],
          },
        ],
        undo: 'Receive it from the backup.',
      }),
    );
    expect(text).toBe(readFileSync(new URL('./testing/plan-script.expected.sh', import.meta.url), 'utf8'));
  });

  it('stops at the first command that fails, with its exit code', () => {
    const plan = planOf({ steps: [step(['one']), step(['two']), step(['three'])] });
    const ran = run(planScript(plan), [], [0, 5, 0]);
    expect(ran.exitCode).toBe(5);
    expect(ran.commands.map((argv) => argv.at(-1))).toEqual(['one', 'two']);
  });

  it('goes on after an exit code that the plan accepts, and after no other', () => {
    const plan = planOf({ steps: [step(['one'], { acceptExitCodes: [0, 4] }), step(['two'])] });
    expect(run(planScript(plan), [], [4, 0])).toMatchObject({ exitCode: 0, commands: { length: 2 } });
    expect(run(planScript(plan), [], [3, 0])).toMatchObject({ exitCode: 3, commands: { length: 1 } });
  });

  it('wants the names that a person would have to type, and does nothing without them', () => {
    const script = planScript(planOf({ typed: { target: "it's data", host: 'nas-01' } }));
    for (const words of [
      [],
      ["it's data"],
      ['nas-01', "it's data"],
      ["it's data", 'nas-01', 'more'],
      ['', ''],
    ]) {
      const ran = run(script, words);
      expect(ran, words.join('|')).toMatchObject({ exitCode: 64, commands: [] });
      expect(ran.stderr).toContain("sh THIS-FILE 'it'\\''s data' nas-01");
    }
    expect(run(script, ["it's data", 'nas-01'])).toMatchObject({ exitCode: 0, commands: { length: 1 } });
  });

  it('of a blocked plan only says what blocks it', () => {
    const blockers = [{ text: "It's mounted on /srv.", remedy: 'Unmount it: umount /srv' }];
    const ran = run(planScript(planOf({ blockers })));
    expect(ran).toMatchObject({ exitCode: 1, commands: [] });
    expect(ran.stderr).toBe("Blocked: It's mounted on /srv.\n  Unmount it: umount /srv\n");
  });

  it('says that it stops where Holdfast would go on', () => {
    expect(planScript(planOf(), true)).toContain('this script stops there');
    expect(planScript(planOf())).not.toContain('this script stops there');
  });

  it('makes no command of any text, however it is spelled', () => {
    const nasty = fc.string({
      unit: fc.constantFrom(
        ...["'", '"', '`', '$(sudo x)', '\n', '\r', '\\', ';', '#', '&', '\u202e', ' ', '%s', 'é', '\0', '!'],
      ),
      maxLength: 12,
    });
    const word = nasty.filter((text) => !text.includes('\0') && text !== '');
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), nasty, word, (argv, text, typed) => {
        const plan = planOf({
          title: text,
          target: { kind: text, name: text },
          steps: [step(['/usr/sbin/tool', ...argv], { title: text, explain: text })],
          consequences: [{ severity: 'warning', text, items: [{ name: text, sizeBytes: null }] }],
          undo: text,
          typed: { target: typed, host: null },
        });
        const ran = run(planScript(plan), [typed]);
        expect(ran).toMatchObject({ exitCode: 0, stderr: '', stdout: '' });
        expect(ran.commands).toEqual([['sudo', '-n', '--', '/usr/sbin/tool', ...argv]]);
        const blocked = run(planScript({ ...plan, blockers: [{ text, remedy: text }] }), [typed]);
        expect(blocked).toMatchObject({ exitCode: 1, commands: [], stdout: '' });
        expect(scriptName(plan)).toMatch(/^holdfast-[a-z0-9-]*\.sh$/);
      }),
      { numRuns: 60 },
    );
  });
});

describe('every step of every recorded plan', () => {
  it('is explained in a sentence of its own', () => {
    for (const name of transcriptNames()) {
      const draft = transcript(name).expected.draft as unknown as PlanDraft | null;
      for (const { explain, title, argv } of draft?.steps ?? []) {
        expect(explain, name).toMatch(/^\S.{19,}[.!]$/s);
        expect(explain, name).not.toBe(title);
        expect(title, `${name}: ${argv.join(' ')}`).not.toBe('');
      }
    }
  });
});

describe('the script of a plan in the app', () => {
  it('is given for copying and saved for the person alone, and never without a plan', async () => {
    const box = await startShellHost();
    const core = await startTestCore();
    try {
      const host = await core.addHost(box);
      const plan = await core.plan(host.id, 'zfs.snapshot.create', {
        directory: folder,
        name: 'one',
      });
      const { script } = await core.call('operations:script', { planId: plan.id });
      expect(script).toBe(planScript(plan));

      expect(await core.call('operations:saveScript', { planId: plan.id })).toEqual({ saved: null });
      core.savePath = join(folder, 'saved.sh');
      expect(await core.call('operations:saveScript', { planId: plan.id })).toEqual({
        saved: { displayPath: core.savePath },
      });
      expect(readFileSync(core.savePath, 'utf8')).toBe(script);
      expect(statSync(core.savePath).mode & 0o777).toBe(0o600);
      expect(await core.failure('operations:saveScript', { planId: randomUUID() })).toMatchObject({
        code: 'not-found',
      });
      // Writing a plan down is no run of it.
      expect(existsSync(join(core.dataDirectory, 'audit', `${host.id}.sqlite`))).toBe(false);
    } finally {
      await core.close();
      await box.close();
    }
  });

  it('that cannot be written says so and leaves nothing', async () => {
    await expect(saveText(join(folder, 'missing', 'a.sh'), 'x')).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('nothing was saved'),
    });
  });
});

describe('a plan on a cluster as a script', () => {
  const request = (change: Partial<PveStep> = {}): PveStep => ({
    kind: 'pve',
    title: 'Take snapshot',
    method: 'POST',
    path: '/nodes/pve1/qemu/100/snapshot',
    parameters: ['snapname=before', "description=it's a = b; $HOME `x`"],
    commandLine: 'POST /nodes/pve1/qemu/100/snapshot snapname=before',
    explain: 'Freezes it.',
    needs: 'VM.Snapshot on /vms/100',
    timeoutSeconds: 600,
    ...change,
  });
  const cluster = (...steps: PveStep[]): Plan =>
    planOf({
      host: {
        kind: 'cluster',
        id: 'atlas',
        name: 'atlas',
        address: '192.0.2.11:8006',
        environment: { label: 'Office', colour: 'green', production: false },
        accessLevel: 'administer',
      },
      steps,
    });

  /** Runs it with a curl that writes down its words and what it was given on standard input. */
  function runCurl(plan: Plan, env: Record<string, string>) {
    const file = join(folder, 'request.sh');
    writeFileSync(file, planScript(plan));
    const record = join(folder, 'curl-record');
    writeFileSync(record, '');
    writeFileSync(
      join(folder, 'bin', 'curl'),
      `#!/bin/sh\n{ cat; printf '%s\\0' "$@"; printf '\\n\\0'; } >> "${record}"\n`,
      { mode: 0o755 },
    );
    const ran = spawnSync('/bin/sh', [file], {
      env: { PATH: `${join(folder, 'bin')}:/usr/bin:/bin`, ...env },
      encoding: 'utf8',
    });
    return { exitCode: ran.status, stderr: ran.stderr, words: readFileSync(record, 'utf8') };
  }

  it('sends each call with its words as they are, and the token on no command line', () => {
    const ran = runCurl(
      cluster(
        request(),
        request({ method: 'DELETE', path: '/nodes/pve1/qemu/100/snapshot/old', parameters: ['force=1'] }),
      ),
      { PVE_TOKEN: 'a@pve!b=secret', PVE_CA: '/tmp/ca.pem' },
    );
    expect([ran.exitCode, ran.stderr]).toEqual([0, '']);
    const [first = '', second = ''] = ran.words.split('\n\0');
    expect(first.split('\n')[0]).toBe('header = "Authorization: PVEAPIToken=a@pve!b=secret"');
    const words = first.slice(first.indexOf('\n') + 1).split('\0');
    expect(words).not.toContain('a@pve!b=secret');
    expect(words).toEqual(expect.arrayContaining(['--cacert', '/tmp/ca.pem', '--request', 'POST']));
    expect(words).toContain("description=it's a = b; $HOME `x`");
    expect(words).toContain('https://192.0.2.11:8006/api2/json/nodes/pve1/qemu/100/snapshot');
    expect(second).toContain('--get\0--request\0DELETE\0--data-urlencode\0force=1');
  });

  it('sends a file as a form, whatever its path is called', () => {
    const ran = runCurl(
      cluster(request({ parameters: ['content=iso', 'filename=@/tmp/a "b"; type=x\\\\, c.iso'] })),
      { PVE_TOKEN: 'a@pve!b=secret', PVE_CA: '/tmp/ca.pem' },
    );
    expect(ran.exitCode).toBe(0);
    const words = ran.words.split('\0');
    expect(words).toEqual(expect.arrayContaining(['--form-string', 'content=iso', '--form']));
    expect(words).toContain('filename=@"/tmp/a \\"b\\"; type=x\\\\\\\\, c.iso"');
    expect(words).not.toContain('--data-urlencode');
  });

  it('stops before the first call without a token, and tells where a secret was left out', () => {
    const plan = cluster(request({ parameters: ['cipassword=(secret)'] }));
    expect(planScript(plan)).toContain('Put the value that was kept secret');
    const ran = runCurl(plan, { PVE_CA: '/tmp/ca.pem' });
    expect(ran.exitCode).not.toBe(0);
    expect(ran.stderr).toContain('Set PVE_TOKEN');
    expect(ran.words).toBe('');
  });
});
