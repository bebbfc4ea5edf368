#!/bin/sh
# Destroy ZFS snapshot: snapshot tank/data@daily
#
# Host:    nas-01 (10.0.0.7), Office
# Planned: 2026-11-23 10:15 UTC by Holdfast, from what the host said then
# Risk:    destructive
# Digest:  abababababababababababababababababababababababababababababababab (SHA-256 of the plan)
#
# Run it on that host and soon: what is run by hand is neither checked against the state of the host again nor recorded in the audit of Holdfast.
#
# LOST: One snapshot is destroyed.
#   - tank/data@daily (1.5 KiB)
#
# Undo: Receive it from the backup.

set -eu

# Step 1 of 1: Do it
# It does it.
# Holdfast waits at most 60 s for it.
LC_ALL=C sudo -n -- /usr/sbin/zfs destroy -- tank/data@daily
