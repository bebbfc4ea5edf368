# Runs in the chroot, after guest/root was copied over it: users, keys, services. $1 is the kernel version.
umask 022
for user in admin nosudo pwuser; do useradd -m -s /bin/bash $user; done
echo 'pwuser:lab-password' | chpasswd
# No password rather than a locked account: without PAM, sshd refuses locked ones even with a key.
usermod -p '*' admin
usermod -p '*' nosudo
for user in admin nosudo; do
  install -d -m 700 -o $user -g $user /home/$user/.ssh
  install -m 600 -o $user -g $user /etc/ssh/lab_authorized_keys /home/$user/.ssh/authorized_keys
done
rm /etc/ssh/lab_authorized_keys
chmod 440 /etc/sudoers.d/lab
chmod 755 /usr/local/sbin/lab-network

echo storagehost > /etc/hostname
echo '127.0.0.1 localhost storagehost' > /etc/hosts
echo '/dev/vda / ext4 defaults,noatime 0 1' > /etc/fstab
: > /etc/resolv.conf
echo 0123456789abcdef0123456789abcdef > /etc/machine-id
# Without a network every look-up of a name would stall for 10 to 20 s.
sed -i 's/^hosts:.*/hosts: files/; s/db files/files/; s/nis/files/' /etc/nsswitch.conf

systemctl enable lab-network.service ssh.service
systemctl set-default multi-user.target
# Timers and services that would only wake up during a test, or that a machine without network cannot finish.
systemctl mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
  fstrim.timer getty@tty1.service serial-getty@ttyS0.service systemd-timesyncd.service \
  systemd-journal-flush.service systemd-update-utmp.service systemd-update-utmp-runlevel.service \
  systemd-logind.service systemd-random-seed.service systemd-pcrphase.service systemd-pcrphase-sysinit.service \
  zfs-mount.service zfs-share.service zfs-volume-wait.service zfs-import-cache.service zfs-import-scan.service \
  mdcheck_start.timer mdcheck_continue.timer mdmonitor-oneshot.timer smartmontools.service
rm -f /etc/cron.d/mdadm /etc/cron.d/zfsutils-linux /etc/cron.d/e2scrub_all
depmod "$1"
