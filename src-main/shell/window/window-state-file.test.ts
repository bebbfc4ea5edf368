import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { firstWindowState, type WindowState } from './bounds';
import { openWindowStateFile } from './window-state-file';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-window-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const state: WindowState = {
  bounds: { x: 1, y: 2, width: 1000, height: 700 },
  maximized: true,
  colourScheme: 'dark',
};

describe('openWindowStateFile', () => {
  it('gives back what was written, leaving one file', () => {
    const log = { write: vi.fn() };
    const file = openWindowStateFile(join(folder, 'sub', 'window.json'), log);
    file.write(state);
    expect(file.read()).toEqual(state);
    expect(readdirSync(join(folder, 'sub'))).toEqual(['window.json']);
    expect(log.write).not.toHaveBeenCalled();
  });

  it('starts afresh without a file, and with one that is not ours', () => {
    const log = { write: vi.fn() };
    const file = openWindowStateFile(join(folder, 'window.json'), log);
    expect(file.read()).toEqual(firstWindowState);
    expect(log.write).not.toHaveBeenCalled();
    writeFileSync(join(folder, 'window.json'), '{"bounds":');
    expect(file.read()).toEqual(firstWindowState);
    writeFileSync(join(folder, 'window.json'), '{"bounds":{"x":"1"}}');
    expect(file.read()).toEqual(firstWindowState);
    expect(log.write).toHaveBeenCalledTimes(2);
  });

  it('says so in the log when it cannot be written, and goes on', () => {
    const log = { write: vi.fn() };
    writeFileSync(join(folder, 'file'), '');
    openWindowStateFile(join(folder, 'file', 'window.json'), log).write(state);
    expect(log.write).toHaveBeenCalledOnce();
  });
});
