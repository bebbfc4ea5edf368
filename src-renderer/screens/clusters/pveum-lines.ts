import type { Cluster, PermissionCheck } from '../../../src-preload/contract/clusters';

const roleNames: Readonly<Record<string, string>> = {
  '/': 'HoldfastRoot',
  '/vms': 'HoldfastGuests',
  '/storage': 'HoldfastStorage',
  '/sdn': 'HoldfastNetwork',
  '/pool': 'HoldfastPools',
};

/**
 * One role for each path on which something is missing. It holds all that is needed there, not only the rest: rights
 * given further down replace those from further up.
 */
export function pveumLines({ login }: Pick<Cluster, 'login'>, checks: readonly PermissionCheck[]): string {
  const whom =
    login.kind === 'token'
      ? `--users ${login.tokenId.slice(0, login.tokenId.indexOf('!'))} --tokens '${login.tokenId}'`
      : `--users ${login.userId}`;
  const paths = [...new Set(checks.filter(({ held }) => !held).map(({ path }) => path))];
  return paths
    .flatMap((path) => {
      const role = roleNames[path] ?? `Holdfast${path.replaceAll(/[^A-Za-z]/g, '')}`;
      const privileges = checks.flatMap((check) => (check.path === path ? [check.privilege] : []));
      return [
        `pveum role add ${role} --privs "${privileges.join(' ')}"`,
        `pveum acl modify ${path} ${whom} --roles ${role}`,
      ];
    })
    .join('\n');
}
