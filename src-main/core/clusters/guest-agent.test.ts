import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { atlas, startClusterCore, wordsOf, type ClusterCore } from '../testing/cluster-core';

let world: ClusterCore;
beforeEach(async () => {
  world = await startClusterCore();
  await world.refresh();
});
afterEach(() => world.close());

const web1 = { type: 'qemu', node: 'atlas-1', vmid: 110 };
const exec = { ...web1, command: 'hostname', inputData: null, seconds: 10 };
const recorded = async (): Promise<string> => JSON.stringify(await world.core.allRows(atlas));

describe('commands by the guest agent', () => {
  it('are planned as a list of arguments, run as root after both names were typed, and their output is not recorded', async () => {
    const plan = await world.core.plan(atlas, 'pve.agent.exec', {
      ...exec,
      command: '/usr/bin/cat\n/etc/hostname',
    });
    expect(plan.risk).toBe('catastrophic');
    expect(plan.typed).toEqual({ target: '110 web-1', host: 'atlas' });
    expect(plan.steps[0]).toMatchObject({
      commandLine: 'POST /nodes/atlas-1/qemu/110/agent/exec command=/usr/bin/cat command=/etc/hostname',
      timeoutSeconds: 10,
    });
    const result = await world.core.run(plan);
    expect(result.outcome).toBe('ok');
    expect(result.steps[0]).toMatchObject({ stdout: 'web-1\n', exitCode: 0, confidential: true });
    const rows = await world.core.rows(atlas, result.operationId);
    expect(rows.at(-1)).toMatchObject({ exitCode: 0, stdoutSnippet: '(6 characters, not recorded)\n' });
    // Nothing of it is told while it runs either.
    const told = world.core.events.filter(({ event }) => event === 'operations:progress');
    expect(JSON.stringify(told)).not.toContain('web-1\\n');
  });

  it('get their standard input, which stands nowhere', async () => {
    const input = { ...exec, command: 'cat', inputData: 'pa55phrase of the backup' };
    const { plan, result } = await world.done('pve.agent.exec', input);
    expect(result.steps[0]?.stdout).toBe('pa55phrase of the backup');
    expect(plan.steps[0]?.commandLine).toContain('input-data=(secret)');
    expect(JSON.stringify([plan, world.core.questions])).not.toContain('pa55phrase');
    expect(await recorded()).not.toContain('pa55phrase');
  });

  it('that fail say so with their exit code, and one that cannot start says why', async () => {
    const failed = await world.core.run(
      await world.core.plan(atlas, 'pve.agent.exec', { ...exec, command: 'cat\n/root/none' }),
    );
    expect(failed).toMatchObject({
      outcome: 'failed',
      message: 'The command ended with exit code 1. What it did is known to the guest alone.',
    });
    expect(failed.steps[0]?.stderr).toContain('No such file');
    expect(await recorded()).not.toContain('No such file');
    const missing = await world.core.run(
      await world.core.plan(atlas, 'pve.agent.exec', { ...exec, command: 'nonesuch' }),
    );
    expect(missing.message).toContain('The guest agent refused: Guest agent command failed');
  });

  it('that do not end in time are unknown, and go on', async () => {
    const plan = await world.core.plan(atlas, 'pve.agent.exec', { ...exec, seconds: 1 });
    const web = world.model(atlas).guests.get(110);
    if (web === undefined) throw new Error('no guest');
    const { set } = web.agentProcesses;
    web.agentProcesses.set = (pid, process) =>
      set.call(web.agentProcesses, pid, { ...process, endsAtMs: Number.MAX_SAFE_INTEGER });
    const result = await world.core.run(plan);
    expect(result.outcome).toBe('unknown');
    expect(result.message).toMatch(/process 2000 of guest 110\) still runs after 1 s\. It goes on there/);
  }, 30_000);

  it.each([
    [
      'no agent by its configuration',
      101,
      'atlas-1',
      'Its guest agent is switched off in its configuration.',
    ],
    ['no power', 131, 'atlas-2', 'It does not run, so its agent cannot be asked.'],
  ])('are not run in a guest with %s', async (_name, vmid, node, sentence) => {
    expect(await world.blocked('pve.agent.exec', { ...exec, vmid, node })).toBe(sentence);
  });

  it('are not run where the agent does not answer, in a sentence', async () => {
    const web = world.model(atlas).guests.get(110);
    if (web !== undefined) web.agentRunning = false;
    const result = await world.core.run(await world.core.plan(atlas, 'pve.agent.exec', exec));
    expect(result.outcome).toBe('failed');
    expect(result.message).toContain('Its guest agent does not answer, so nothing was done.');
    expect(result.error?.remedy).toContain('qemu-guest-agent');
  });

  it.each([
    ['nothing', { command: '' }],
    ['an empty argument', { command: 'echo\n\nx' }],
    ['an argument of more than 4096 characters', { command: 'x'.repeat(4097) }],
    ['a NUL', { command: 'echo\na\0b' }],
    ['too much input', { inputData: 'x'.repeat(65_537) }],
    ['no time', { seconds: 0 }],
    ['a container', { type: 'lxc' }],
  ])('are refused with %s', async (_name, change) => {
    const input = { ...exec, ...change };
    const failure = await world.core.failure('operations:plan', {
      hostId: atlas,
      action: 'pve.agent.exec',
      input,
    });
    expect(failure.code).toBe('invalid-request');
  });
});

describe('files by the guest agent', () => {
  it('are read by an operation of its own, which records that and not what', async () => {
    const { plan, result } = await world.done('pve.agent.readFile', { ...web1, file: '/etc/os-release' });
    expect(plan.steps[0]?.commandLine).toBe(
      'GET /nodes/atlas-1/qemu/110/agent/file-read file=/etc/os-release',
    );
    expect(wordsOf(plan)).toContain('private keys and passwords');
    expect(result.steps[0]?.stdout).toContain('trixie');
    expect(await recorded()).not.toContain('trixie');
    const gone = await world.core.run(
      await world.core.plan(atlas, 'pve.agent.readFile', { ...web1, file: '/etc/none' }),
    );
    expect(gone.message).toContain("The guest agent refused: failed to open file '/etc/none'");
  });

  it('are written with nothing of them shown but length and digest', async () => {
    const content = 'Authorised users only: kept-for-us\n';
    const input = { ...web1, file: '/etc/motd', content };
    const { plan } = await world.done('pve.agent.writeFile', input);
    expect(plan.risk).toBe('catastrophic');
    expect(plan.steps[0]?.commandLine).toMatch(
      /^POST \/nodes\/atlas-1\/qemu\/110\/agent\/file-write file=\/etc\/motd content=\(35 bytes, SHA-256 [0-9a-f]{64}\)$/,
    );
    expect(world.model(atlas).guests.get(110)?.files.get('/etc/motd')).toBe(content);
    expect(JSON.stringify([plan, world.core.questions])).not.toContain('kept-for-us');
    expect(await recorded()).not.toContain('kept-for-us');
  });

  it.each([
    ['pve.agent.readFile', { file: 'etc/passwd' }],
    ['pve.agent.readFile', { file: '/etc/a\0b' }],
    ['pve.agent.readFile', { file: `/${'x'.repeat(4096)}` }],
    ['pve.agent.writeFile', { file: '/etc/motd', content: 'x'.repeat(61_441) }],
  ])('are refused: %s %#', async (action, change) => {
    const failure = await world.core.failure('operations:plan', {
      hostId: atlas,
      action,
      input: { ...web1, ...change },
    });
    expect(failure.code).toBe('invalid-request');
  });

  it('are not written when they are too long in bytes', async () => {
    const content = 'ü'.repeat(40_000);
    expect(await world.blocked('pve.agent.writeFile', { ...web1, file: '/etc/motd', content })).toBe(
      'It is 80000 bytes long.',
    );
  });
});
