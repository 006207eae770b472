#!/bin/sh
# Proves "one outside library, one room": each library's headers are included in its own place only.
set -eu
cd "${LTHUB_SOURCE:-$(dirname "$0")/../..}"
found=0

# only PATTERN PLACES…: PATTERN may be included only in files whose path matches one of PLACES.
only() {
    pattern=$1
    shift
    places=$(printf '%s|' "$@")
    wrong=$(grep -nE "^#include <$pattern" -r include hub plugins --include='*.[ch]' | grep -vE "^(${places%|})" || true)
    if [ -n "$wrong" ]; then
        echo "<$pattern…> belongs to $*:"
        echo "$wrong"
        found=1
    fi
}

only 'openssl/' hub/trust/
only 'zlib' hub/trust/
only 'sqlite3' hub/store/
only 'libsoup/' hub/http/
only 'curl/' hub/routing/link.c hub/routing/link-
only 'gmodule' hub/routing/loader.c
only 'libxml/' hub/base/xml.c hub/base/xml- plugins/soap/ plugins/ioffice/ # two plugins exist because of it
only 'json-glib/' tests/lib/ # the hub reads JSON with its own scanner
only 'jq\.h|jv\.h' plugins/jq/ # rest, portal and sms see it through these
only 'libxslt/' plugins/soap/
only 'xmlsec/' plugins/soap/ plugins/ioffice/edxml-signature.c
only 'systemd/' hub/cli/serve.c hub/http/
[ "$found" = 0 ] && echo "ok: one library, one room"
exit "$found"
