import type { LvmModel } from '../lvm/model';
import type { DemoBlock, DemoDisk } from './types';

/** The disks with LVM's signature on whatever the model's volume groups hold now. */
export function withLvmMembers(disks: readonly DemoDisk[], model: LvmModel): DemoDisk[] {
  const members = new Set([
    ...[...model.groups.values()].flatMap((group) => group.disks.map(({ name }) => name)),
    ...model.orphans.map(({ name }) => name),
  ]);
  const marked = <Block extends DemoBlock>(block: Block, names: readonly string[]): Block =>
    names.some((name) => members.has(name)) ? { ...block, content: { type: 'LVM2_member' } } : block;
  return disks.map((disk) => {
    const own = [`/dev/${disk.name}`, ...disk.byId.map((name) => `/dev/disk/by-id/${name}`)];
    const children = disk.children?.map((part) => marked(part, [`/dev/${part.name}`]));
    return marked(children === undefined ? disk : { ...disk, children }, own);
  });
}
