import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openShellLog } from './log';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('openShellLog', () => {
  it('writes one JSON object a line, readable by the person alone', () => {
    const directory = join(folder, 'logs');
    const log = openShellLog(directory, undefined, () => 0);
    log.write('warn', 'two\nlines', { code: 3, signal: null });
    const path = join(directory, 'shell.log');
    expect(readFileSync(path, 'utf8')).toBe(
      '{"at":"1970-01-01T00:00:00.000Z","level":"warn","message":"two\\nlines","code":3,"signal":null}\n',
    );
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it('never holds more than three files of the given size', () => {
    const log = openShellLog(folder, 1_000);
    for (let index = 0; index < 200; index += 1) log.write('info', `line ${index}`, { text: 'x'.repeat(50) });
    expect(readdirSync(folder).sort()).toEqual(['shell.log', 'shell.log.1', 'shell.log.2']);
    for (const name of readdirSync(folder))
      expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(1_000);
    expect(readFileSync(join(folder, 'shell.log'), 'utf8')).toContain('line 199');
  });

  it('cuts a field that has no end', () => {
    openShellLog(folder).write('error', 'x', { stderr: 'y'.repeat(1_000_000) });
    expect(statSync(join(folder, 'shell.log')).size).toBeLessThan(10_000);
  });

  it('does not stop the app when it cannot write', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => openShellLog(join(folder, 'file')).write('info', 'lost')).not.toThrow();
  });
});
