#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Envelopes through lthub verify: verdicts, exit codes and reasons, with keys of a lab authority. Prints TAP.
#   verify-envelope.sh LTHUB
set -eu
lthub=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0 failed=0
unset LTHUB_CONFIG
export LC_ALL=C
cd "$work"

# verdict NAME CODE TEXT ARGUMENT…: exit code and a text of what is printed
verdict() {
    name=$1 wanted=$2 text=$3
    shift 3
    count=$((count + 1)) code=0
    "$lthub" verify "$@" >out 2>&1 || code=$?
    if [ "$code" = "$wanted" ] && grep -qF -- "$text" out; then
        echo "ok $count - $name"
    else
        failed=$((failed + 1))
        echo "not ok $count - $name"
        echo "# exit code $code, wanted $wanted and: $text"
        sed 's/^/# /' out
    fi
}

spki() { "$lthub" pki show "pki/$1.pem" --json | sed 's/.*"spki":"\([0-9a-f]*\)".*/\1/'; }

"$lthub" pki init pki >/dev/null
"$lthub" pki init elsewhere >/dev/null
for unit in H52 H52.101 H52.102; do "$lthub" pki issue pki $unit --unit $unit >/dev/null; done
head -c 70000 /dev/urandom >scan.pdf
"$lthub" envelope seal --out good.asice --certificate pki/H52.101.pem --key pki/H52.101.key --type hub.ping --from H52.101 --to H52 >/dev/null
"$lthub" envelope seal --out foreign.asice --certificate pki/H52.102.pem --key pki/H52.102.key --type hub.ping --from H52.101 --to H52 >/dev/null

unit() { printf '{"id":"%s","name":"%s","level":"commune","valid_from":"2017-01-01"%s,"keys":[{"spki":"%s","use":"sign","from":"2017-01-01"%s}]}' "$@"; }
directory() {
    printf '{"v":1,"generation":1,"made":"2026-11-23T00:00:00.000Z","units":[%s,%s]}' \
        "$(unit H52 Tinh '' "$(spki "$2")" ',"role":"hub"')" "$(unit H52.101 Xa ',"parent":"H52"' "$(spki H52.101)" '')" >"$1.json"
    "$lthub" envelope seal --out "$1" --certificate pki/H52.pem --key pki/H52.key --type directory.publish --from H52 --to H52 --payload "$1.json" >/dev/null
}
directory units.asice H52
directory stranger.asice H52.102 # names another key for H52 than the one that seals it

trust="--trust pki/root.pem --crl pki/crl.pem"
# shellcheck disable=SC2086
{
    verdict "a good envelope" 0 'VERDICT: VALID' good.asice $trust
    verdict "its signer is a certificate" 0 '"identity":"certificate"' good.asice $trust --json
    verdict "its signer is a unit" 0 '"identity":"unit"' good.asice $trust --units units.asice --json
    verdict "another unit's key" 1 '[env.from.signer]' foreign.asice $trust --units units.asice
    verdict "which its certificate alone does not tell" 0 'VERDICT: VALID' foreign.asice $trust
    verdict "a directory that does not know its own key" 3 '[env.units]' good.asice $trust --units stranger.asice
    verdict "no directory but another envelope" 3 '[env.units]' good.asice $trust --units foreign.asice
    verdict "no anchor" 3 '[env.cert.untrusted]' good.asice
    verdict "another anchor" 1 '[env.cert.untrusted]' good.asice --trust elsewhere/root.pem --crl elsewhere/crl.pem
    verdict "no revocation list" 3 '[env.cert.revocation-unknown]' good.asice --trust pki/root.pem
    verdict "before the certificate was valid" 1 '[env.cert.not-yet-valid]' good.asice $trust --at 2001-01-01T00:00:00Z
    verdict "the time is the one that was given" 1 '"time_source":"argument"' good.asice $trust --at 2001-01-01T00:00:00Z --json
    verdict "or the one that is claimed" 0 '"time_source":"claimed"' good.asice $trust --json
    verdict "an anchor that cannot be read" 4 'CANNOT BE READ' good.asice --trust absent.pem
    "$lthub" pki revoke pki pki/H52.101.pem >/dev/null
    verdict "a revoked certificate" 1 '[env.cert.revoked]' good.asice $trust

    size=$(wc -c <good.asice)
    head -c $((size - 1)) good.asice >cut.asice
    { cat good.asice; printf x; } >longer.asice
    sed 's/hub\.ping/hub.pong/' good.asice >changed.asice
    verdict "a byte too few" 1 'env.zip.' cut.asice $trust
    verdict "a byte too many" 1 '[env.zip.trailing]' longer.asice $trust
    verdict "a changed header" 1 '[env.zip.crc]' changed.asice $trust
    : >empty
    verdict "an empty file" 1 '[file.kind]' empty $trust
    verdict "a folder" 4 'CANNOT BE READ' pki $trust
    verdict "a folder, as JSON" 4 '"result":"incomplete"' pki $trust --json
    verdict "another kind of file" 1 '[file.kind]' scan.pdf $trust
    printf 'PK\033[31m\342\200\256' >escape.asice
    verdict "nothing of a file reaches the terminal as it is" 1 'env.zip' escape.asice $trust
    cp good.asice "$(printf 'a\033[31mb')"
    verdict "nor does its name" 1 '\u{001b}' "$(printf 'a\033[31mb')" cut.asice $trust
}
echo "1..$count"
[ "$failed" = 0 ]
