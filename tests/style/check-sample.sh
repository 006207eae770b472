#!/bin/sh
# The sample configuration passes `lthub check` without a fault or a warning, and `lthub endpoint check` shows what it would send.
#   check-sample.sh LTHUB PLUGINS
set -eu
lthub=$1
export LTHUB_PLUGINS="$2"
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
cp "$work/pki/root.pem" "$etc/trust/truc-ca.pem"
(umask 077 && echo sample-token >"$etc/secrets/so-tu-phap.token" && echo sample-secret >"$etc/secrets/truc.secret")
"$lthub" unit import "$source/examples/three-tiers/units.csv" >/dev/null

said=$("$lthub" check --lang en) || { echo "$said"; exit 1; }
case "$said" in
    *warning:*) echo "$said"; exit 1 ;;
esac

# What would be sent, and to whom nothing is.
payload=$source/tests/data/payload/dossier.submit/smallest.json
printf '%%PDF-1.4' >"$work/form.pdf"
"$lthub" endpoint check so-tu-phap "$payload" --attachments "$work/form.pdf" --lang en >"$work/request"
for part in '^POST /ho-so' '"maHoSo":"H52.101-261123-0001"' '"noiDung":"JVBERi0xLjQ="'; do
    grep -q -- "$part" "$work/request" || { echo "endpoint check: no $part in"; cat "$work/request"; exit 1; }
done
"$lthub" endpoint check ioffice-so-noi-vu "$payload" --attachments "$work/form.pdf" --lang en >"$work/request"
for part in '^POST /sendEdoc' 'ApplicationType>MCDT_DT<' 'XroadVnpt-hash-header'; do
    grep -q -- "$part" "$work/request" || { echo "endpoint check: no $part in"; cat "$work/request"; exit 1; }
done
"$lthub" endpoint check so-tu-phap "$source/tests/data/payload/dossier.status/in-work.json" --type dossier.status --lang en |
    grep -q 'Nothing would be sent'
if "$lthub" endpoint check so-tu-phap "$payload" --type dossier.recall --lang en 2>"$work/refused"; then
    echo "endpoint check takes a payload of another type"
    exit 1
fi
grep -q 'env.payload.schema' "$work/refused" || { cat "$work/refused"; exit 1; }
if "$lthub" endpoint check khong-co --lang en 2>"$work/refused"; then
    echo "endpoint check knows an endpoint that is not there"
    exit 1
fi
grep -q 'there is no section \[endpoint khong-co\]' "$work/refused" || { cat "$work/refused"; exit 1; }
[ -z "$(ls "$work/var/cong/out")" ] || { echo "endpoint check has written"; exit 1; }
"$lthub" endpoint check cong "$payload" --lang en >/dev/null
[ -z "$(ls "$work/var/cong/out")" ] || { echo "endpoint check has written"; exit 1; }
echo "ok: sample configuration"
