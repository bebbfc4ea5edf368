# Runs in the chroot: the packages of the storage host. $1.. are the packages.
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
cat > /etc/dpkg/dpkg.cfg.d/01nodoc <<'CONF'
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
CONF
rm -rf /usr/share/doc/* /usr/share/man/* /usr/share/locale/*
apt-get -q upgrade -y -o Acquire::Retries=3 -o Dpkg::Options::=--force-unsafe-io
apt-get -q install -y --no-install-recommends -o Acquire::Retries=3 -o Dpkg::Options::=--force-unsafe-io "$@"
apt-get clean
rm -rf /var/lib/apt/lists/* /usr/sbin/policy-rc.d
mkdir -p /var/lib/apt/lists/partial
