import { spawn } from 'node:child_process';
import { mkdtempSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive } from './lock.mjs';
import { run, runOrFail } from './process.mjs';

const node = process.execPath;

describe('run', () => {
  it('gives exit code and both outputs', async () => {
    const script = 'process.stdout.write("out é"); process.stderr.write("err"); process.exitCode = 3';
    expect(await run(node, ['-e', script], { capture: true })).toMatchObject({
      code: 3,
      stdout: 'out é',
      stderr: 'err',
    });
  });

  it('tells a program that does not exist from one that failed', async () => {
    const { code, error } = await run('/no/such/program', [], { capture: true });
    expect(code).toBeNull();
    expect(error.code).toBe('ENOENT');
  });

  it('ends a program that takes too long', async () => {
    const script = 'setInterval(() => {}, 1000)';
    const { code, timedOut } = await run(node, ['-e', script], { capture: true, timeoutMs: 300 });
    expect({ code, timedOut }).toEqual({ code: null, timedOut: true });
  });
});

describe('runOrFail', () => {
  it('keeps the beginning and the end of long words', async () => {
    const script =
      'console.error("the cause"); for (let i = 0; i < 99; i++) console.error("help " + i); console.error("the end"); process.exitCode = 1';
    const failure = await runOrFail('The tool', node, ['-e', script], { capture: true }).catch(
      (error) => error,
    );
    expect(failure.message).toMatch(/^The tool failed: exit code 1\nthe cause\n/);
    expect(failure.message).toMatch(/\n\.\.\.\n/);
    expect(failure.message).toMatch(/the end$/);
    expect(failure.message).not.toContain('help 50');
  });
});

describe.skipIf(process.platform === 'win32')('signals', () => {
  let folder;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'holdfast-process-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A launcher with one long child and a clean-up that leaves a mark; resolves when the child runs. */
  async function launcher() {
    const script = join(folder, 'launcher.mjs');
    const modules = JSON.stringify(new URL('./process.mjs', import.meta.url).href);
    writeFileSync(
      script,
      `import { writeFileSync } from 'node:fs';
       import { endOnInterrupt, onEnd, run } from ${modules};
       endOnInterrupt();
       onEnd(() => writeFileSync(${JSON.stringify(join(folder, 'cleaned'))}, ''));
       await run(process.execPath, ['-e', 'console.log(process.pid); setInterval(() => {}, 1000)']);
       writeFileSync(${JSON.stringify(join(folder, 'went-on'))}, '');`,
    );
    const parent = spawn(node, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const childPid = await new Promise((done) => parent.stdout.once('data', (text) => done(Number(text))));
    return { parent, childPid };
  }

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ])('%s ends the child, cleans up and starts nothing more', async (signal, expected) => {
    const { parent, childPid } = await launcher();
    parent.kill(signal);
    const code = await new Promise((done) => parent.once('exit', done));
    expect(code).toBe(expected);
    await expect.poll(() => isAlive(childPid)).toBe(false);
    expect(existsSync(join(folder, 'cleaned'))).toBe(true);
    expect(existsSync(join(folder, 'went-on'))).toBe(false);
  });
});
