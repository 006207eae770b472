#!/bin/sh
# The systemd units are readable to systemd, and the hub's sandbox is as tight as security.md S34 asks: exposure 2.0 at most.
set -eu
folder=${LTHUB_SOURCE:-$(dirname "$0")/../..}/examples/systemd
command -v systemd-analyze >/dev/null || { echo "SKIP systemd-analyze is not installed"; exit 77; }
exposure=$(systemd-analyze security --offline=true --no-pager "$folder/lthub.service" | sed -n 's/.*Overall exposure level for lthub.service: \([0-9.]*\) .*/\1/p')
case "$exposure" in
    0.* | 1.* | 2.0) ;;
    *) echo "exposure of lthub.service is '$exposure', over 2.0"; exit 1 ;;
esac
# What is complained of here is only that this machine has no /usr/bin/lthub and no manual.
faults=$(systemd-analyze verify "$folder"/*.service "$folder"/*.socket 2>&1 | grep -E 'lthub' | grep -Ev 'is not executable|man lthub' || true)
[ -z "$faults" ] || { echo "$faults"; exit 1; }
for name in peer api admin; do
    grep -qx "FileDescriptorName=$name" "$folder/lthub-$name.socket" || { echo "lthub-$name.socket does not name its descriptor"; exit 1; }
done
! grep -qE '^ *PrivateUsers=' "$folder/lthub.service" || { echo "PrivateUsers= would hide who connects (SO_PEERCRED)"; exit 1; }
echo "ok: systemd units, exposure $exposure"
