#!/bin/sh
# The sample configuration passes `lthub check` without a fault or a warning.
#   check-sample.sh LTHUB PLUGINS
set -eu
lthub=$1
export LTHUB_PLUGINS=$2
source=${LTHUB_SOURCE:-$(dirname "$0")/../..}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
etc=$work/etc
cp -r "$source/examples/configuration" "$etc"
mkdir -p "$etc/keys" "$etc/trust" "$etc/secrets" "$work/var/cong/out" "$work/var/cong/in"
sed -i "s|/etc/lthub|$etc|; s|/var/lib/lthub|$work/var|" "$etc/lthub.conf" "$etc"/lthub.conf.d/*.conf
export LTHUB_CONFIG="$etc/lthub.conf"

"$lthub" pki init "$work/pki" --name "Lab CA" >/dev/null
"$lthub" pki issue "$work/pki" hub --unit H52 >/dev/null
"$lthub" pki log-key "$etc/keys/log.key" >/dev/null
cp "$work/pki/hub.pem" "$work/pki/hub.key" "$etc/keys/"
cp "$work/pki/root.pem" "$etc/trust/units.pem"
cp "$work/pki/root.pem" "$etc/trust/so-tu-phap-ca.pem"
cp "$work/pki/crl.pem" "$etc/trust/units.crl.pem"
(umask 077 && echo sample-token >"$etc/secrets/so-tu-phap.token")
"$lthub" unit import "$source/examples/three-tiers/units.csv" >/dev/null

said=$("$lthub" check --lang en) || { echo "$said"; exit 1; }
case "$said" in
    *warning:*) echo "$said"; exit 1 ;;
esac
echo "ok: sample configuration"
