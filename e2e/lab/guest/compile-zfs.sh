# Runs in the chroot: compile the ZFS modules for kernel $1 and leave them in /lib/modules/$1/updates/dkms.
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt-get -q install -y --no-install-recommends -o Acquire::Retries=3 -o Dpkg::Options::=--force-unsafe-io \
  "linux-headers-$1" dkms build-essential
apt-get -q install -y --no-install-recommends -o Acquire::Retries=3 zfs-dkms
dkms status
ls "/lib/modules/$1/updates/dkms/zfs.ko"* > /dev/null
