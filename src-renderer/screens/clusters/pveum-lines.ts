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
export function pveumLines(
  { tokenId }: Pick<Cluster, 'tokenId'>,
  checks: readonly PermissionCheck[],
): string {
  const user = tokenId.slice(0, tokenId.indexOf('!'));
  const paths = [...new Set(checks.filter(({ held }) => !held).map(({ path }) => path))];
  return paths
    .flatMap((path) => {
      const role = roleNames[path] ?? `Holdfast${path.replaceAll(/[^A-Za-z]/g, '')}`;
      const privileges = checks.flatMap((check) => (check.path === path ? [check.privilege] : []));
      return [
        `pveum role add ${role} --privs "${privileges.join(' ')}"`,
        `pveum acl modify ${path} --users ${user} --tokens '${tokenId}' --roles ${role}`,
      ];
    })
    .join('\n');
}
