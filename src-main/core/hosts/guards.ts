import { accessLevels, type Host, type HostSettings } from '../../../src-preload/contract/hosts';
import { AppError } from '../errors/app-error';

/** What a person takes for the same name: case, width, kinds of spaces and what is not drawn make no difference. */
export function sameName(a: string, b: string): boolean {
  const plain = (name: string): string =>
    name
      .normalize('NFKC')
      .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
      .replace(/[\p{Pd}\u2212]/gu, '-')
      .replace(/\s+/gu, ' ')
      .trim()
      .toLowerCase();
  return plain(a) === plain(b);
}

type Place = Pick<HostSettings, 'address' | 'port'>;
const isSamePlace = (a: Place, b: Place): boolean =>
  a.address.toLowerCase() === b.address.toLowerCase() && a.port === b.port;

/**
 * The record of the same machine that may do least, where that is less than `settings` may; null: there is none.
 *
 * SECURITY: a page could otherwise write a second record of a machine that this laptop may only look at.
 */
export function lowerRecordOf(
  settings: HostSettings,
  hosts: readonly Host[],
  except: string | null,
): Host | null {
  const rank = ({ accessLevel }: Pick<Host, 'accessLevel'>): number => accessLevels.indexOf(accessLevel);
  const [lowest] = hosts
    .filter((host) => host.id !== except && isSamePlace(host, settings))
    .sort((a, b) => rank(a) - rank(b));
  return lowest !== undefined && rank(lowest) < rank(settings) ? lowest : null;
}

/**
 * SECURITY: a password is sent to the machine it was entered for and to no other at the wish of the page, also where
 * that one's key is pinned; nor does the passphrase of a key become a password. Throws AppError `refused`.
 */
export function keepSecretFrom(before: HostSettings, after: HostSettings): void {
  if (after.auth.kind !== 'password') return;
  if (before.auth.kind === 'key-file') {
    throw new AppError('refused', 'The stored passphrase is that of a key file. Enter the password.');
  }
  if (isSamePlace(before, after) && before.via === after.via) return;
  throw new AppError(
    'refused',
    `The stored password was for ${before.address}, port ${before.port}. Enter it again for the new address.`,
  );
}

/** Throws AppError `refused` where the policy of this computer does not let it be kept like that. */
export function checkPolicy<T>(store: { refusal(thing: T): string | null }, thing: T): void {
  const refusal = store.refusal(thing);
  if (refusal !== null) throw new AppError('refused', `${refusal} Nothing was saved.`);
}
