import type { Host } from '../../../src-preload/contract/hosts';
import { AppError } from '../errors/app-error';

/** Jump hosts one after the other; OpenSSH knows no limit, people need two. */
const longestRoute = 4;

/**
 * The jump hosts on the way to a host, nearest to this laptop first.
 * @param hosts those that may be on the way
 * @throws AppError `invalid-request`: one is gone, the way leads back to where it was, or it is too long
 */
export function routeTo<T extends Pick<Host, 'id' | 'name' | 'via'>>(
  host: Pick<Host, 'name' | 'via'> & { id?: string },
  hosts: readonly T[],
): readonly T[] {
  const route: T[] = [];
  let { via } = host;
  while (via !== undefined) {
    const jump = hosts.find(({ id }) => id === via);
    if (jump === undefined) {
      throw new AppError(
        'invalid-request',
        `The jump host on the way to ${host.name} is not in the list any more. Choose another one in its settings.`,
      );
    }
    if (jump.id === host.id || route.includes(jump)) {
      throw new AppError(
        'invalid-request',
        `The way to ${host.name} through ${jump.name} leads back to itself, so it leads nowhere.`,
      );
    }
    if (route.length === longestRoute) {
      throw new AppError(
        'invalid-request',
        `The way to ${host.name} goes through more than ${longestRoute} jump hosts.`,
      );
    }
    route.unshift(jump);
    via = jump.via;
  }
  return route;
}
