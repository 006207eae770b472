#!/usr/bin/env bash
# demo.sh: installs what is missing, builds, and runs the main job: 200 dossiers with attachments travel
# commune → district → province and come home, while a system is down for a while and the hub is killed once.
#
#   examples/demo.sh             run it, show what happened, stop everything
#   examples/demo.sh --keep      leave the hub and the stand-ins running, to look around
#   examples/demo.sh --dossiers N
#   LTHUB_DEMO=DIR               where to work (default: a new folder under /tmp)
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/lib/packages.sh
. tests/lib/packages.sh

case " $* " in
    *" --help "* | *" -h "*) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac

# shellcheck disable=SC2086
lt_install $LT_PACKAGES_BUILD $LT_PACKAGES_DEMO

build=${LTHUB_BUILD:-build-demo}
if [ ! -f "$build/build.ninja" ]; then
    echo "Configuring ($build) …"
    meson setup "$build" --buildtype=release -Dtests=false >"${TMPDIR:-/tmp}/lthub-setup.log" 2>&1 || { cat "${TMPDIR:-/tmp}/lthub-setup.log"; exit 1; }
fi
echo "Building …"
ninja -C "$build" >"${TMPDIR:-/tmp}/lthub-build.log" 2>&1 || { tail -n 40 "${TMPDIR:-/tmp}/lthub-build.log"; exit 1; }

exec python3 examples/three-tiers/story.py --lthub "$build/hub/lthub" "$@"
