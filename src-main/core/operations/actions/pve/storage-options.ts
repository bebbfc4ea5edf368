import type { ChoiceOption } from '../../../../../src-preload/contract/offers';
import type { ClusterWorld } from '../../action';

type Option = Pick<ChoiceOption, 'value' | 'label' | 'hint' | 'excuse'>;

/**
 * Storages by name that hold such content on some node, each once, those that can be used first; the plan looks at the
 * pair of node and storage.
 */
export function storageOptions({ inventory }: ClusterWorld, content: string): Option[] {
  const byName = new Map<string, Option>();
  for (const { name, type, shared, available, content: held } of inventory.storages) {
    if (!held.includes(content)) continue;
    const known = byName.get(name);
    if (known !== undefined && known.excuse === null) continue;
    byName.set(name, {
      value: name,
      label: name,
      hint: shared ? `${type}, shared by the nodes` : `${type}, of each node by itself`,
      excuse: available ? null : 'It is not available.',
    });
  }
  return [...byName.values()];
}
