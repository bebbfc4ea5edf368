/** Messages of Proxmox VE's API and tasks that a person can do something about (qemu-server 9.2, pve-container 6.1). */
const known: readonly { pattern: RegExp; message: (found: RegExpExecArray) => string; remedy: string }[] = [
  {
    pattern: /(?:VM|CT) is locked \(([\w-]+)\)/,
    message: ([, lock = '']) => `The guest is locked (${lock}), so nothing was done.`,
    remedy:
      'Wait until the task that holds it has ended. If there is none, unlock it on its node: qm unlock or pct unlock.',
  },
  {
    pattern: /VM quit\/powerdown failed(?: - got timeout)?|container .* did not stop|got timeout/,
    message: () => 'The guest did not shut down in time. It runs on.',
    remedy: 'Look at its console: it may wait for something. Stopping it cuts the power.',
  },
  {
    // Of the call itself (403), or in the log of a task that hands a configuration on.
    pattern: /changing feature flags .*is only allowed for root@pam/,
    message: () =>
      'Features of a container other than nesting, and all of a privileged one, are for root@pam alone; a token of root@pam is not root@pam.',
    remedy:
      'Log in to the cluster as root@pam with its password, or set them on its node as root: pct set ID --features …',
  },
  {
    pattern: /no quorum|cluster not ready/,
    message: () => 'The cluster has no quorum, so nothing can be changed.',
    remedy: 'Bring enough nodes back first.',
  },
  {
    pattern: /checksum mismatch|detected modified configuration/,
    message: () => 'The guest was changed by somebody else since it was read. Nothing was done.',
    remedy: 'Plan it again: the form shows what is there now.',
  },
  {
    pattern: /already running/,
    message: () => 'The guest runs already.',
    remedy: 'Refresh the cluster.',
  },
  {
    pattern: /(?:VM|CT) \d+ (?:is )?not running/,
    message: () => 'The guest does not run.',
    remedy: 'Refresh the cluster.',
  },
  {
    pattern: /snapshot name '([^']*)' already used/,
    message: ([, name = '']) => `There is a snapshot ${name} already. Nothing was done.`,
    remedy: 'Choose another name.',
  },
  {
    pattern: /snapshot feature is not available/,
    message: () => 'A storage of this guest cannot take snapshots. Nothing was done.',
    remedy:
      'Move its disks to ZFS, Ceph, LVM-thin or btrfs, or to qcow2 images. A backup works on every storage.',
  },
  {
    pattern: /can't rollback, '([^']*)' is not most recent snapshot(?: on '([^']*)')?/,
    message: ([, name = '']) =>
      `ZFS rolls back to the newest snapshot only, and ${name} is not the newest. Nothing was done.`,
    remedy: 'Delete the newer snapshots first, or clone from the snapshot.',
  },
  {
    pattern: /snapshot '([^']*)' (?:does not exist|not found)/,
    message: ([, name = '']) => `There is no snapshot ${name} (any more).`,
    remedy: 'Refresh the list of snapshots.',
  },
  {
    pattern: /(?:not enough|no) (?:free )?(?:space|memory)|out of (?:space|memory)|Cannot allocate memory/i,
    message: () => 'There was not enough room for it.',
    remedy: 'Look at the storage and the memory of the node.',
  },
];

export function explainGuestFailure(text: string): { message: string; remedy: string } | null {
  for (const { pattern, message, remedy } of known) {
    const found = pattern.exec(text);
    if (found !== null) return { message: message(found), remedy };
  }
  return null;
}
