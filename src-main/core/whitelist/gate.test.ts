import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessLevels } from '../../../src-preload/contract/hosts';
import { actions } from '../operations/actions';
import { transcript, transcriptNames } from '../operations/actions/testing/transcript';
import { locateCommand } from '../ssh/locate';
import { outputMarker } from '../ssh/output-collector';
import { programsOf, withPaths } from '../ssh/programs';
import { quoteArgv } from '../ssh/quote';
import { addLineArgv, mountArgv, removeLineArgv } from '../storage/disks/mount-commands';
import { commandRules } from './catalogue';
import { authorizedKeysLine, gatePatterns, gateScript } from './gate';
import { isWithin, matcher } from './rule';

const tools = [...new Set(commandRules.flatMap(({ argv }) => programsOf(argv)))];
const paths = new Map(tools.map((tool) => [tool, `/usr/sbin/${tool}`]));
const marker = 'holdfast-00112233445566778899aabb';

/** What would reach the host: the shown line of ssh/session.ts. */
function line(argv: readonly string[], sudo = true): string {
  return `LC_ALL=C ${quoteArgv([...(sudo ? ['sudo', '-n', '--'] : []), ...withPaths(argv, paths)])}`;
}

/** As it is sent: what needs no root comes without sudo. */
const asLogin = matcher(commandRules.filter(({ privileged }) => !privileged));
const sentLine = (argv: readonly string[]): string => line(argv, !asLogin(argv));

/** Lines that grep(1) itself finds allowed. */
function passed(level: (typeof accessLevels)[number], lines: readonly string[]): Set<string> {
  const patterns = [...gatePatterns({ level, paths, rules: commandRules, sudo: true }).values()]
    .flat()
    .join('\n');
  const { stdout, status, stderr } = spawnSync('grep', ['-Ex', '-e', patterns], {
    input: `${lines.join('\n')}\n`,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  expect([status, stderr]).toEqual([expect.toSatisfy((code) => code === 0 || code === 1), '']);
  return new Set(stdout.split('\n').slice(0, -1));
}

const sent = transcriptNames().map((name) => transcript(name));

describe('the forced command', () => {
  let folder: string;
  const scripts = new Map<string, string>();
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-gate-'));
    for (const level of accessLevels) {
      const path = join(folder, level);
      writeFileSync(
        path,
        gateScript({
          hostName: 'nas-01',
          level,
          paths: new Map([['date', '/bin/date']]),
          rules: commandRules,
          sudo: true,
        }),
      );
      scripts.set(level, path);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (original: string | undefined, level = 'administer') =>
    spawnSync('sh', [scripts.get(level) ?? ''], {
      encoding: 'utf8',
      env: { ...process.env, SSH_ORIGINAL_COMMAND: original, TZ: 'UTC' },
    });

  it('passes what was read and run on the lab machine, at the level that may, and at no lower one', () => {
    const reads = [
      ...new Set(
        sent.flatMap(({ reads: { plan, verify } }) => [...plan, ...verify]).map(({ argv }) => sentLine(argv)),
      ),
    ];
    expect(reads.length).toBeGreaterThan(100);
    const view = passed('view', reads);
    // Names with spaces are left to whoever administers the host by hand.
    expect(reads.filter((each) => !view.has(each) && !each.includes("'"))).toEqual([]);
    for (const level of accessLevels) {
      const fits = matcher(commandRules.filter((rule) => isWithin(rule.level, level)));
      const steps = sent.flatMap(({ action, expected }) =>
        (expected.draft as { steps: { argv: string[] }[] }).steps.map(({ argv }) => ({
          text: sentLine(argv),
          fits: fits(argv),
          may: isWithin(actions[action].minimumAccess, level),
        })),
      );
      const found = passed(
        level,
        steps.map(({ text }) => text),
      );
      for (const step of steps.filter(({ text }) => !text.includes("'"))) {
        expect([level, step.text, found.has(step.text)]).toEqual([level, step.text, step.fits]);
        if (step.may) expect([level, step.text, step.fits]).toEqual([level, step.text, true]);
      }
      expect(steps.some(({ fits: fit }) => !fit)).toBe(level !== 'administer');
    }
  });

  it('gives each command the expressions of its own tool, also behind what comes before it', () => {
    const nowhere = new Map(['sudo', ...tools].map((tool) => [tool, `/nowhere/${tool}`]));
    const script = join(folder, 'nowhere');
    writeFileSync(
      script,
      gateScript({
        hostName: 'nas-01',
        level: 'administer',
        paths: nowhere,
        rules: commandRules,
        sudo: true,
      }),
    );
    const samples = new Map(commandRules.map((rule) => [rule.tool, rule]));
    for (const { argv, privileged } of samples.values()) {
      const command = quoteArgv(withPaths(argv, nowhere));
      for (const before of ['', ...(privileged ? ['sudo -n -- ', '/nowhere/sudo -n -l -- '] : [])]) {
        for (const noise of ['', `printf '%s\\n' ${outputMarker}; `]) {
          const original = `${noise}LC_ALL=C ${before}${command}`;
          const { status, stderr } = spawnSync('sh', [script], {
            encoding: 'utf8',
            env: { ...process.env, SSH_ORIGINAL_COMMAND: original },
          });
          // Let through: it is the shell, or sudo, that finds no such tool.
          expect([original, status === 126, stderr.includes('refused')]).toEqual([original, false, false]);
        }
      }
    }
  });

  it('passes the search for tools and the mark of a noisy shell, and runs them', () => {
    const found = run(locateCommand(marker, ['date', 'zfs']));
    expect(found.stdout).toContain(marker);
    expect(found.stdout).toMatch(/\/date\n/);
    const dated = run(`printf '%s\\n' ${outputMarker}; LC_ALL=C /bin/date +%s`);
    expect(dated.stderr).toBe('');
    expect(dated.stdout).toMatch(new RegExp(`^${outputMarker}\\n\\d+\\n$`));
  });

  it.each([
    ['nothing at all', ''],
    ['another command', 'id'],
    ['a second command', 'LC_ALL=C /bin/date +%s; id'],
    ['a second line', 'LC_ALL=C /bin/date +%s\nid'],
    ['a line before', 'id\nLC_ALL=C /bin/date +%s'],
    ['a substitution', 'LC_ALL=C /bin/date $(id)'],
    ['another variable', 'LD_PRELOAD=/tmp/x.so LC_ALL=C /bin/date +%s'],
    ['another option', 'LC_ALL=C /bin/date -s 0'],
    ['another path', 'LC_ALL=C /tmp/date +%s'],
    [
      'another script in the search for tools',
      locateCommand(marker, ['date']).replace('done; :', 'done; id'),
    ],
    ['a tool name that is a command', `${locateCommand(marker, ['date'])}; id`],
    ['a noise mark that runs something', `printf '%s\\n' $(id); LC_ALL=C /bin/date +%s`],
  ])('refuses %s', (_what, original) => {
    const { status, stdout, stderr } = run(original);
    expect([status, stdout]).toEqual([126, '']);
    expect(stderr).toMatch(/^holdfast-gate: refused: /);
  });

  it('lets words of a command in a sandbox through only to who administers, and none that a shell reads', () => {
    const exec = ['msb', 'exec', '--no-tty', '--timeout', '60s', 'web', '--'];
    const plain = line([...exec, '/bin/df', '-h', '--output=avail', 'a@b:c,d%e_f+g'], false);
    const read = [['a b'], ['*'], ['$(id)'], ["it's"], ['x;id'], ['=x'], ['~']].map((words) =>
      line([...exec, ...words], false),
    );
    expect(passed('administer', [plain, ...read])).toEqual(new Set([plain]));
    expect(passed('operate', [plain])).toEqual(new Set());
    const create = ['msb', 'create', '--pull', 'never', '--name', 'web', '--cpus', '1', '--memory', '512M'];
    const rest = ['--root-disk', '4096M', '--mount-named=a:/b:ro', '--mount-named=c:/d:kind=disk,size=68M'];
    const made = line([...create, ...rest, '--', 'ghcr.io/acme/runner:24.11'], false);
    expect(passed('administer', [made])).toEqual(new Set([made]));
    expect(passed('operate', [made])).toEqual(new Set());
  });

  it('lets no word more through, nor a character that a shell reads', () => {
    const steps = sent.flatMap(({ steps: ran }) => ran.map(({ argv }) => argv));
    const bad = steps.flatMap((argv) => [
      line([...argv, '--force']),
      line([argv[0] ?? '', '-f', ...argv.slice(1)]),
      `${line(argv)} ; id`,
      `${line(argv)}&id`,
      `${line(argv)} $(id)`,
      `${line(argv)} > /etc/passwd`,
      line(argv).replace('sudo -n --', 'sudo -n -s --'),
      line(argv).replace('sudo -n --', 'sudo'),
    ]);
    expect([...passed('administer', bad)]).toEqual([]);
  });

  it('passes a line of fstab as one quoted word of sed, and in no other shape', () => {
    const entry = {
      uuid: '3f2a9c14-5b6d-4e8f-9a01-c2d3e4f5a6b7',
      type: 'ext4' as const,
      place: '/mnt/usb',
      readOnly: false,
    };
    const fat = { uuid: '4A1B-22C7', type: 'vfat' as const, place: '/media/stick', readOnly: true };
    const good = [entry, fat].flatMap((each) =>
      [addLineArgv(each), removeLineArgv(each), mountArgv(each)].map(sentLine),
    );
    expect([...passed('administer', good)]).toEqual(good);
    expect([...passed('operate', good)]).toEqual([]);
    const bad = good.flatMap((text) => [
      text.replace('nosuid,', ''),
      text.replace(/\/(?:mnt|media)\//, '/etc/'),
      text.replace('UUID=', 'LABEL='),
      text.replace("' /etc/fstab", "' /etc/passwd"),
      text.replace("' /etc/fstab", ";e id' /etc/fstab"),
      text.replaceAll("'", ''),
      text.replaceAll("'", '"'),
    ]);
    expect([
      ...passed(
        'administer',
        bad.filter((text) => !good.includes(text)),
      ),
    ]).toEqual([]);
  });

  it('stands in authorized_keys as a restricted command of one key', () => {
    expect(authorizedKeysLine('ssh-ed25519 AAAAC3 me@laptop')).toBe(
      'restrict,command="/usr/local/lib/holdfast/gate" ssh-ed25519 AAAAC3 me@laptop\n',
    );
  });

  it('is a script that sh(1) reads', () => {
    for (const path of scripts.values()) execFileSync('sh', ['-n', path]);
  });
});
