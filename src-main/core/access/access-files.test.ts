import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { knowsPatterns, parseSudoVersion, publicKeyBeside } from './access-files';

describe('what the host’s sudo can do', () => {
  it.each([
    // Debian 11, RHEL 9.0; Debian 12, Ubuntu 24.04, sudo-rs
    ['Sudo version 1.9.5p2\n', '1.9.5p2', false],
    ['Sudo version 1.9.9\nSudoers policy plugin version 1.9.9\n', '1.9.9', false],
    ['Sudo version 1.9.10\n', '1.9.10', true],
    ['Sudo version 1.9.13p3\n', '1.9.13p3', true],
    ['Sudo version 1.10.0\n', '1.10.0', true],
    ['Sudo version 2.0.0\n', '2.0.0', true],
  ])('is read from its version: %j', (stdout, version, patterns) => {
    expect(parseSudoVersion(stdout)).toBe(version);
    expect(knowsPatterns(version)).toBe(patterns);
  });

  it('is not guessed from another program', () => {
    expect(parseSudoVersion('sudo-rs 0.2.3\n')).toBeNull();
    expect(parseSudoVersion('')).toBeNull();
  });
});

describe('the public key of this laptop', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-pub-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const beside = async (content: string) => {
    writeFileSync(join(folder, 'id.pub'), content);
    return publicKeyBeside(join(folder, 'id'));
  };

  it('is the first line of the file beside the private one', async () => {
    expect(await beside('ssh-ed25519 AAAAC3Nz me@laptop\nrest')).toBe('ssh-ed25519 AAAAC3Nz me@laptop');
    expect(await publicKeyBeside(join(folder, 'none'))).toBeNull();
  });

  it('is nothing that could bring options or a second line into authorized_keys', async () => {
    for (const content of [
      'command="id" ssh-ed25519 AAAA x',
      'ssh-ed25519 AAAA x\u0000y',
      '-----BEGIN OPENSSH PRIVATE KEY-----',
      '',
      'x'.repeat(20_000),
    ]) {
      expect(await beside(content)).toBeNull();
    }
  });
});
