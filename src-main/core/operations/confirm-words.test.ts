import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Consequence, Plan } from '../../../src-preload/contract/operations';
import { shellRequestSchemas } from '../port/protocol';
import { commandLength, commandRoom, confirmWords, visible } from './confirm-words';
import { planDigest } from './plan-digest';

function plan(change: Partial<Plan> = {}): Plan {
  const base: Plan = {
    id: '6f1c2a52-3f6e-4d8e-9a52-0d4f6a1f2b3c',
    action: 'zfs.snapshot.destroy',
    title: 'Destroy ZFS snapshot',
    host: {
      kind: 'host',
      id: 'nas',
      name: 'nas',
      address: '192.0.2.7',
      environment: { label: 'Prod', colour: 'red', production: true },
      accessLevel: 'administer',
    },
    risk: 'destructive',
    target: { kind: 'ZFS snapshot', name: 'tank/data@daily-1' },
    steps: [
      {
        kind: 'ssh',
        title: 'Destroy',
        argv: ['sudo', '-n', '/usr/sbin/zfs', 'destroy', '--', 'tank/data@daily-1'],
        commandLine: 'sudo -n /usr/sbin/zfs destroy -- tank/data@daily-1',
        explain: 'Destroys one snapshot.',
        acceptExitCodes: [0],
        timeoutSeconds: 60,
      },
    ],
    consequences: [],
    blockers: [],
    undo: null,
    typed: { target: 'tank/data@daily-1', host: 'nas' },
    createdAtMs: 0,
    expiresAtMs: 600_000,
    digest: '0'.repeat(64),
    ...change,
  };
  return base;
}

const consequence = (severity: Consequence['severity'], text: string, count = 0): Consequence => ({
  severity,
  text,
  items: Array.from({ length: count }, (_, index) => ({ name: `item-${index}`, sizeBytes: 1024 })),
});

describe('the words of the confirm dialog', () => {
  it('name host, address, environment, target, command and undo', () => {
    const words = confirmWords(plan({ undo: 'Take it again.' }));
    expect(words).toEqual({
      kind: 'plan',
      title: 'Destroy ZFS snapshot on nas?',
      message: 'Host: nas (192.0.2.7)\nEnvironment: Prod, production\nTarget: ZFS snapshot tank/data@daily-1',
      detail:
        'This command is sent:\n$ sudo -n /usr/sbin/zfs destroy -- tank/data@daily-1\n\nTo undo: Take it again.',
      confirmLabel: 'Destroy ZFS snapshot',
    });
    expect(confirmWords(plan()).detail).toContain('This cannot be undone.');
  });

  it('put losses first and end long lists with a count', () => {
    const { detail } = confirmWords(
      plan({
        consequences: [
          consequence('info', 'Frees space.'),
          consequence('warning', 'Takes a while.'),
          consequence('loss', 'Newer snapshots are destroyed.', 30),
        ],
      }),
    );
    expect(detail.indexOf('LOSS: Newer')).toBeLessThan(detail.indexOf('Takes a while.'));
    expect(detail.indexOf('Takes a while.')).toBeLessThan(detail.indexOf('Frees space.'));
    expect(detail).toContain('item-11 (1 KiB)');
    expect(detail).not.toContain('item-12');
    expect(detail).toContain('… and 18 more');
  });

  it('make hidden characters of a name visible', () => {
    expect(visible('tank/a\u202Eb\nc\u0007')).toBe('tank/a\\u{202e}b\\u{a}c\\u{7}');
    const words = confirmWords(plan({ target: { kind: 'x', name: 'evil\u202Egood' } }));
    expect(words.message).toContain('evil\\u{202e}good');
  });

  it.each([
    ['a space that does not break', 'tank/data\u00a0'],
    ['a blank letter', 'tank/da\u3164ta'],
    ['a blank pattern of dots', 'tank/data\u2800'],
    ['a zero-width space', 'tank/da\u200bta'],
    ['a variation of a letter', 'tank/da\ufe0fta'],
    ['letters joined by nothing', 'tank/da\u034fta'],
    ['letters of a tag', 'tank/data\u{e0061}'],
    ['a colour of a terminal', 'tank/data\u001b[31m'],
  ])('tell a name from one that looks the same: %s', (_what, name) => {
    expect(visible(name)).toMatch(/\\u\{[0-9a-f]+\}/);
    expect(visible('tank/data set_1.é 日本')).toBe('tank/data set_1.é 日本');
  });

  it('say what is lost however long the names and the commands are', () => {
    const [first] = plan().steps;
    if (first === undefined) throw new Error('no step');
    const long = (name: string): string => name.padEnd(590, 'x');
    const wanted = plan({
      steps: [{ ...first, commandLine: 'y'.repeat(commandRoom - 30) } as typeof first],
      undo: long('Bring it back'),
      consequences: [
        consequence('info', long('Frees space.')),
        {
          severity: 'loss',
          text: 'All clones are lost:',
          items: Array.from({ length: 40 }, (_, index) => ({ name: long(`c${index}-`), sizeBytes: 1 })),
        },
        ...Array.from({ length: 20 }, (_, index) => consequence('loss', long(`Loss ${index}.`))),
      ],
    });
    expect(commandLength(wanted)).toBeLessThanOrEqual(commandRoom);
    const words = confirmWords(wanted);
    expect(words.detail).toContain('• LOSS: All clones are lost:');
    expect(words.detail).toMatch(/… and \d+ more, \d+ of them LOSSES, shown in the plan/);
    expect(shellRequestSchemas.confirm.request.safeParse(words).success).toBe(true);
  });

  it('never hide a command and always fit the dialog, whatever the plan', () => {
    const text = fc.string({ maxLength: 400, unit: 'grapheme' });
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 3000 }), { minLength: 1, maxLength: 12 }),
        fc.array(
          fc.record({
            severity: fc.constantFrom('info' as const, 'warning' as const, 'loss' as const),
            text,
            items: fc.array(fc.record({ name: text, sizeBytes: fc.option(fc.nat()) }), { maxLength: 40 }),
          }),
          { maxLength: 60 },
        ),
        fc.option(text),
        (lines, consequences, undo) => {
          const [first] = plan().steps;
          if (first === undefined) throw new Error('no step');
          const wanted = plan({
            steps: lines.map((commandLine) => ({ ...first, commandLine })),
            consequences,
            undo,
          });
          fc.pre(commandLength(wanted) <= commandRoom);
          const words = confirmWords(wanted);
          expect(shellRequestSchemas.confirm.request.safeParse(words).success).toBe(true);
          for (const line of lines) expect(words.detail).toContain(`$ ${visible(line)}`);
          if (consequences.some(({ severity }) => severity === 'loss'))
            expect(words.detail).toContain('LOSS');
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('the digest of a plan', () => {
  it('changes with every single thing that is shown, and with nothing else', () => {
    const digest = planDigest(plan());
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(planDigest(plan({ digest: 'f'.repeat(64) }))).toBe(digest);
    const reordered = Object.fromEntries(Object.entries(plan()).reverse()) as unknown as Plan;
    expect(planDigest(reordered)).toBe(digest);

    const others: Partial<Plan>[] = [
      { id: '7f1c2a52-3f6e-4d8e-9a52-0d4f6a1f2b3c' },
      { action: 'lvm.snapshot.destroy' },
      { title: 'x' },
      { host: { ...plan().host, address: '192.0.2.8' } },
      { risk: 'safe' },
      { target: { kind: 'ZFS snapshot', name: 'tank/data@daily-2' } },
      { steps: [] },
      { consequences: [consequence('loss', 'x')] },
      { blockers: [{ text: 'x', remedy: 'y' }] },
      { undo: 'x' },
      { typed: { target: null, host: null } },
      { createdAtMs: 1 },
      { expiresAtMs: 1 },
    ];
    const digests = others.map((change) => planDigest(plan(change)));
    expect(new Set([digest, ...digests]).size).toBe(others.length + 1);
    expect(others.flatMap((change) => Object.keys(change)).sort()).toEqual(
      Object.keys(plan())
        .filter((key) => key !== 'digest')
        .sort(),
    );
  });
});
