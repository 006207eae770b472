#!/bin/sh
# The worked endpoints of examples/endpoints open beside the sample configuration without a fault or a warning, and their cases hold.
#   check-endpoints.sh LTHUB PLUGINS
set -eu
lthub=$1
export LTHUB_PLUGINS="$2"
source=${LTHUB_SOURCE:-$(dirname "$0")/../..}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
etc=$work/etc
mkdir -p "$etc/lthub.conf.d" "$etc/keys" "$etc/trust"
cp "$source/examples/configuration/lthub.conf" "$source/examples/configuration/algorithms.conf" "$etc/"
cp -r "$source/examples/endpoints/." "$etc/lthub.conf.d/"
sed -i "s|/etc/lthub|$etc|; s|/var/lib/lthub|$work/var|; /^endpoints=inbox;cong/s/;cong//" "$etc/lthub.conf"
export LTHUB_CONFIG="$etc/lthub.conf"

"$lthub" pki init "$work/pki" --name "Lab CA" >/dev/null
"$lthub" pki issue "$work/pki" hub --unit H52 >/dev/null
"$lthub" pki log-key "$etc/keys/log.key" >/dev/null
cp "$work/pki/hub.pem" "$work/pki/hub.key" "$etc/keys/"
cp "$work/pki/root.pem" "$etc/trust/units.pem"
cp "$work/pki/crl.pem" "$etc/trust/units.crl.pem"
cp "$work/pki/root.pem" "$etc/lthub.conf.d/dan-cu/lgsp-ca.pem"
cp "$work/pki/root.pem" "$etc/lthub.conf.d/bkav/truc-ca.pem"
for secret in dan-cu/password dan-cu/token dan-cu/lgsp-token bkav/password; do
    (umask 077 && echo "sample-of-$secret" | tr '/' '-' >"$etc/lthub.conf.d/$secret")
done
# the ministry is a unit like any other
{ cat "$source/examples/three-tiers/units.csv"; echo "G01,,Bộ Công an,ministry,,2017-01-01,,mẫu,,"; } >"$work/units.csv"
"$lthub" unit import "$work/units.csv" >/dev/null

said=$("$lthub" check --lang en) || { echo "$said"; exit 1; }
case "$said" in
    *warning:*) echo "$said"; exit 1 ;;
esac
for endpoint in dan-cu bkav-edoc; do
    "$lthub" endpoint test "$endpoint" --lang en >"$work/tap" || { cat "$work/tap"; exit 1; }
    grep -q '^ok ' "$work/tap" || { echo "$endpoint has no cases"; exit 1; }
done
echo "ok: worked endpoints"
