#!/bin/sh
# check-first.sh BUILD-FOLDER: builds examples/first-plugin outside the tree against an installed hub, and lets that hub describe and check it.
set -eu
build=$(realpath "$1")
source=${LTHUB_SOURCE:?}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

DESTDIR="$work/root" meson install -C "$build" --no-rebuild --quiet > "$work/install.log" 2>&1 || { cat "$work/install.log"; exit 1; }
pc=$(find "$work/root" -name lienthong-hub.pc)
[ -n "$pc" ] || { echo "no lienthong-hub.pc was installed"; exit 1; }
cp -r "$source/examples/first-plugin" "$work/plugin"
export PKG_CONFIG_PATH="${pc%/*}" PKG_CONFIG_SYSROOT_DIR="$work/root"

# The sanitizers of a test build are the program's; a plugin from elsewhere has none. Headers come from the installation alone.
# shellcheck disable=SC2046
cc -std=gnu17 -Wall -Wextra -Werror -shared -fPIC -o "$work/journal.so" "$work/plugin/journal.c" \
    "-I$work/root$(pkg-config --variable=includedir lienthong-hub | sed "s,^$work/root,,")" $(env -u PKG_CONFIG_SYSROOT_DIR pkg-config --cflags glib-2.0 gio-2.0)
lthub=$(find "$work/root" -name lthub -type f -perm -u+x)
"$lthub" endpoint describe --lang en --plugins "$work" journal > "$work/described"
grep -q 'file that receives one line per message' "$work/described" || { cat "$work/described"; exit 1; }
"$lthub" plugin test "$work/plugin/cases" "$work/journal.so" > "$work/tested" || { cat "$work/tested"; exit 1; }
grep -q '^ok 1 - one-message' "$work/tested" || { cat "$work/tested"; exit 1; }
[ -z "$(find "$work/root" -name echo.so)" ] || { echo "the test plugin echo was installed"; exit 1; }
[ -n "$(find "$work/root" -name rest.so)" ] || { echo "the plugin rest was not installed"; exit 1; }
echo "ok: the first plugin builds outside the tree and the installed hub takes it"
