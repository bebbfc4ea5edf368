import { ssh2 } from './late-ssh2';

export type KeyFileKind = 'private' | 'encrypted' | 'public' | 'unreadable';

/** What a key file holds, as ssh2 would use it. With a passphrase: `encrypted` means that it does not open the key. */
export function inspectKey(data: Buffer, passphrase?: string): KeyFileKind {
  const parsed = ssh2().utils.parseKey(data, passphrase);
  if (parsed instanceof Error) {
    // ssh2 tells a locked key from a broken one by its words only.
    return passphrase !== undefined || /encrypted/i.test(parsed.message) ? 'encrypted' : 'unreadable';
  }
  return parsed.isPrivateKey() ? 'private' : 'public';
}
