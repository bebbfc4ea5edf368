// Does the machine do what live tests rely on? Run by `node e2e/lab/lab.mjs check`, over real SSH. Every
// backend is created, read back in the machine format the app reads, and removed again.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DISK_BYTES, DISK_COUNT } from './config.mjs';
import { sshRun } from './ssh.mjs';

const byId = (number) => `/dev/disk/by-id/virtio-LABDISK${String(number).padStart(4, '0')}`;
const MIB = 1024 * 1024;

/** `run(command)` gives stdout of a root shell on the machine and throws when the command fails. */
function rootShell(port) {
  return async (command) => {
    const script = `sudo -n env LC_ALL=C sh -euc '${command.replaceAll("'", "'\\''")}'`;
    const { code, stdout, stderr } = await sshRun(port, script);
    assert.equal(code, 0, `exit ${code} of: ${command}\n${stderr}`);
    return stdout;
  };
}

const lines = (text) => text.split('\n').filter(Boolean);

async function checkDisks({ run }) {
  const { blockdevices } = JSON.parse(await run('lsblk --json --bytes --nodeps -o NAME,SERIAL,SIZE,FSTYPE'));
  const disks = blockdevices.filter(({ serial }) => serial?.startsWith('LABDISK'));
  assert.equal(disks.length, DISK_COUNT);
  for (const disk of disks)
    assert.deepEqual([disk.size, disk.fstype], [DISK_BYTES, null], `${disk.name} is not blank`);
  const smart = JSON.parse(await run('smartctl --json -i /dev/sda || test $? -eq 4'));
  assert.equal(smart.serial_number, 'LABIDE0001');
}

async function checkClock({ run }) {
  const skewSeconds = Math.abs(Number(await run('date +%s')) - Date.now() / 1000);
  assert.ok(skewSeconds < 10, `the clock is ${skewSeconds.toFixed(0)} s off`);
}

async function checkZfs({ run }) {
  await run(`
    zpool create -o ashift=12 labpool mirror ${byId(1)} ${byId(2)}
    zfs create labpool/data
    echo one > /labpool/data/file
    zfs snapshot labpool/data@first
    zfs create -V 64M labpool/block
    echo two > /labpool/data/file`);
  const listed = lines(await run('zfs list -Hp -t all -o name,type -r labpool'));
  assert.deepEqual(listed.sort(), [
    'labpool\tfilesystem',
    'labpool/block\tvolume',
    'labpool/data\tfilesystem',
    'labpool/data@first\tsnapshot',
  ]);
  assert.equal((await run('zpool list -Hp -o health labpool')).trim(), 'ONLINE');
  await run('zfs rollback labpool/data@first');
  assert.equal((await run('cat /labpool/data/file')).trim(), 'one');
  await run('zfs destroy labpool/data@first; zfs destroy labpool/data');
  assert.deepEqual(lines(await run('zfs list -Hp -t all -o name -r labpool')), ['labpool', 'labpool/block']);
  await run('zpool destroy labpool');
  assert.equal((await run('zpool list -H')).trim(), '');
}

async function checkLvm({ run }) {
  await run(`
    vgcreate -qq labvg ${byId(3)} ${byId(4)}
    lvcreate -qq -y -n thick -L 64M labvg
    lvcreate -qq -y -s -n thicksnap -L 32M labvg/thick
    lvcreate -qq -y --type thin-pool -n thinpool -L 128M labvg
    lvcreate -qq -y -V 256M -T labvg/thinpool -n thin
    lvcreate -qq -y -s -n thinsnap labvg/thin
    mkfs.ext4 -q /dev/labvg/thick`);
  const columns = 'lv_name,lv_size,origin,pool_lv,segtype';
  const report = JSON.parse(await run(`lvs --reportformat json --units b --nosuffix -o ${columns} labvg`));
  const volumes = Object.fromEntries(report.report[0].lv.map(({ lv_name: name, ...rest }) => [name, rest]));
  assert.deepEqual(Object.keys(volumes).sort(), ['thick', 'thicksnap', 'thin', 'thinpool', 'thinsnap']);
  assert.equal(Number(volumes.thick.lv_size), 64 * MIB);
  assert.equal(volumes.thicksnap.origin, 'thick');
  assert.deepEqual([volumes.thin.pool_lv, volumes.thin.segtype], ['thinpool', 'thin']);
  assert.equal(volumes.thinsnap.origin, 'thin');
  await run(`vgremove -qq -y -f labvg; pvremove -qq ${byId(3)} ${byId(4)}`);
  assert.deepEqual(JSON.parse(await run('vgs --reportformat json')).report[0].vg, []);
}

async function checkMdadm({ run }) {
  const members = `${byId(5)} ${byId(6)}`;
  await run(`mdadm --create /dev/md/lab --run --quiet --metadata=1.2 --level=1 --raid-devices=2 ${members}`);
  const detail = Object.fromEntries(
    lines(await run('mdadm --detail --export /dev/md/lab')).map((line) => line.split(/=(.*)/s).slice(0, 2)),
  );
  assert.deepEqual([detail.MD_LEVEL, detail.MD_DEVICES], ['raid1', '2']);
  assert.match(await run('cat /proc/mdstat'), /active raid1 vd[a-z]/);
  await run(`mdadm --stop --quiet /dev/md/lab; mdadm --zero-superblock ${members}`);
  assert.doesNotMatch(await run('cat /proc/mdstat'), /active/);
}

async function checkBtrfs({ run }) {
  const members = `${byId(7)} ${byId(8)}`;
  await run(`
    mkfs.btrfs -q -f -L labfs -d raid1 -m raid1 ${members}
    mkdir -p /mnt/lab
    mount ${byId(7)} /mnt/lab
    btrfs subvolume create /mnt/lab/data
    btrfs subvolume snapshot -r /mnt/lab/data /mnt/lab/snap`);
  const paths = lines(await run('btrfs subvolume list /mnt/lab')).map((line) => line.split(' path ')[1]);
  assert.deepEqual(paths.sort(), ['data', 'snap']);
  const { filesystems } = JSON.parse(await run('findmnt --json -o SOURCE,TARGET,FSTYPE /mnt/lab'));
  assert.deepEqual([filesystems[0].target, filesystems[0].fstype], ['/mnt/lab', 'btrfs']);
  await run('btrfs subvolume delete /mnt/lab/snap /mnt/lab/data');
  assert.equal(await run('btrfs subvolume list /mnt/lab'), '');
  await run('umount /mnt/lab; rmdir /mnt/lab');
}

async function checkUsers({ lab }) {
  const refused = await sshRun(lab.port, 'sudo -n true', { user: 'nosudo' });
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /password is required/);

  const password = await sshWithPassword(lab.port, 'lab-password', 'id -un; sudo -n id -un');
  assert.deepEqual([password.code, lines(password.stdout)], [0, ['pwuser', 'root']], password.stderr);
  const wrong = await sshWithPassword(lab.port, 'wrong', 'true');
  assert.match(wrong.stderr, /Permission denied/);
  const keyless = await sshRun(lab.port, 'true', { options: ['PubkeyAuthentication=no'] });
  assert.match(keyless.stderr, /Permission denied \(publickey\)/);
}

/** ssh takes a password only from a terminal or from a helper program. */
async function sshWithPassword(port, password, command) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-lab-'));
  const helper = join(folder, 'askpass');
  writeFileSync(helper, '#!/bin/sh\nprintf "%s\\n" "$LAB_PASSWORD"\n');
  chmodSync(helper, 0o700);
  const options = ['BatchMode=no', 'PubkeyAuthentication=no', 'NumberOfPasswordPrompts=1'];
  const env = { SSH_ASKPASS: helper, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':none', LAB_PASSWORD: password };
  try {
    return await sshRun(port, command, { user: 'pwuser', options, env });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function checkNothingIsLeft({ run }) {
  await run('udevadm settle');
  const { blockdevices } = JSON.parse(await run('lsblk --json -o NAME,SERIAL,TYPE,FSTYPE,MOUNTPOINT'));
  const used = blockdevices.filter(
    (disk) => disk.serial?.startsWith('LABDISK') && (disk.fstype || disk.children),
  );
  const extra = blockdevices.filter(({ name, type }) => type !== 'disk' || /^(dm-|md|zd)/.test(name));
  assert.deepEqual([...used, ...extra], []);
}

// Every line may fail: it takes away what an interrupted check left, and is silent about what is not there.
// The trigger at the end: udev stops watching a disk while it handles an event, so of two quick writes it may
// miss the second, and lsblk then shows a file system that is gone.
const CLEAN_UP = `
  set +e
  {
    umount /mnt/lab; rmdir /mnt/lab
    zpool destroy -f labpool
    vgremove -qq -y -f labvg
    mdadm --stop /dev/md/lab
    udevadm settle
    for disk in /dev/disk/by-id/virtio-LABDISK????; do
      for part in "$disk"-part?; do [ ! -e "$part" ] || wipefs -qa "$part"; done
      zpool labelclear -f "$disk"
      wipefs -qa "$disk"
      blockdev --rereadpt "$disk"
    done
    udevadm trigger --settle --action=change --subsystem-match=block
  } > /dev/null 2>&1
  true`;

const CHECKS = [
  ['clock', checkClock],
  ['disks and smartctl', checkDisks],
  ['users and logins', checkUsers],
  ['zfs', checkZfs],
  ['lvm, thin and thick', checkLvm],
  ['mdadm raid1', checkMdadm],
  ['btrfs', checkBtrfs],
];

/** Run every check, clean up whatever happened; true when all passed. */
export async function selfCheck(lab) {
  const run = rootShell(lab.port);
  const attempt = async (name, work) => {
    const startedAtMs = Date.now();
    const error = await work().then(
      () => null,
      (failure) => failure,
    );
    const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(1);
    console.log(`${error ? 'FAIL' : ' ok '} ${name} (${seconds} s)${error ? `\n${error.message}` : ''}`);
    return error === null;
  };
  const cleanUp = () => run(CLEAN_UP);
  let passed = await attempt('clean start', cleanUp);
  for (const [name, check] of CHECKS) passed = (await attempt(name, () => check({ lab, run }))) && passed;
  passed = (await attempt('clean up', cleanUp)) && passed;
  passed = (await attempt('nothing is left', () => checkNothingIsLeft({ run }))) && passed;
  return passed;
}
