#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A log made by the hub, checked by others: by openssl and sh with the stock commands of the audit guide, by a Go program that shares no code with us,
# and by lthub verify, which must give the documented exit codes. Prints TAP.
#   run.sh LTHUB MAKE-LOG
set -eu
lthub=$(realpath "$1") make_log=$(realpath "$2") here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0 failed=0
unset LTHUB_CONFIG
export LC_ALL=C

# ok NAME COMMAND…: one test point
ok() {
    name=$1
    shift
    count=$((count + 1))
    if "$@" >"$work/out" 2>&1; then
        echo "ok $count - $name"
    else
        failed=$((failed + 1))
        echo "not ok $count - $name"
        sed 's/^/# /' "$work/out"
    fi
}

# gives CODE COMMAND…: whether the command ends with that exit code
gives() {
    wanted=$1
    shift
    code=0
    "$@" || code=$?
    echo "exit code $code, wanted $wanted"
    [ "$code" = "$wanted" ]
}

prints() {
    wanted=$1
    shift
    "$@" >"$work/printed" 2>&1 || true
    cat "$work/printed"
    grep -qF -- "$wanted" "$work/printed"
}

cd "$work"
cat >lthub.conf <<CONF
[hub]
unit = H52
folder = $work/store
certificate = $work/unused.pem
key = $work/unused.key
log_key = $work/log.key

[trust]
anchors = $work/unused.pem
crl = $work/unused.pem
CONF
audit() { "$lthub" audit "$@" --config "$work/lthub.conf"; }

"$make_log" store log.key 37
audit checkpoint -o old
"$make_log" store log.key 1001
audit checkpoint -o checkpoint
audit status --json | sed 's/.*"vkey":"\([^"]*\)".*/\1/' >log.vkey
audit consistency 37 -o consistency
for n in 0 1 36 37 500 1023 1036; do
    audit prove $n -o "$n.tlog-proof"
    audit show $n -o "$n.entry"
done

ok "the log is checked in full" gives 0 audit check --full
ok "an entry that is not there" gives 1 audit show 1037
ok "a proof beyond the log" gives 1 audit prove 1037
ok "consistency from nothing" gives 1 audit consistency 0
ok "no number" gives 2 audit show one

# The stock commands.
sed -n 1,3p checkpoint >body
cut -d+ -f3- log.vkey | base64 -d | tail -c 32 >k
{ printf 302a300506032b6570032100 | xxd -r -p; cat k; } | openssl pkey -pubin -inform DER -out log.pub
grep -F "— $(sed -n 1p body) " checkpoint | cut -d' ' -f3 | base64 -d | tail -c 64 >sig
ok "openssl verifies the checkpoint" openssl pkeyutl -verify -rawin -pubin -inkey log.pub -in body -sigfile sig
sed 's/^1037$/1038/' body >other
ok "openssl refuses another size" gives 1 openssl pkeyutl -verify -rawin -pubin -inkey log.pub -in other -sigfile sig
for n in 0 1 36 37 500 1023 1036; do
    ok "sh proves entry $n" prints OK sh "$here/inclusion.sh" $n.entry $n.tlog-proof
done
ok "sh refuses another entry" gives 1 sh "$here/inclusion.sh" 1.entry 500.tlog-proof

# Go's implementation.
if command -v go >/dev/null && [ -d /usr/share/gocode/src/golang.org/x/mod/sumdb ]; then
    GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE="$work/gocache" GOFLAGS=-buildvcs=false go build -o outside "$here/outside.go"
    ok "Go opens the checkpoint" ./outside checkpoint log.vkey checkpoint
    for n in 0 1 36 37 500 1023 1036; do
        ok "Go proves entry $n" ./outside proof log.vkey $n.tlog-proof $n.entry
    done
    ok "Go refuses another entry" gives 1 ./outside proof log.vkey 500.tlog-proof 1.entry
    ok "Go proves that the log only grew" ./outside consistency log.vkey old checkpoint consistency
    ok "Go refuses the other way round" gives 1 ./outside consistency log.vkey checkpoint old consistency
else
    echo "SKIP go: golang-go and golang-golang-x-mod-dev are not installed"
    count=$((count + 1))
    echo "ok $count - Go's implementation # SKIP golang-go or golang-golang-x-mod-dev is not installed"
fi

# lthub verify: no configuration, no store.
ok "verify: a proof" gives 0 "$lthub" verify 500.tlog-proof --entry 500.entry --vkey log.vkey --quorum 0
ok "verify: no witness" gives 3 "$lthub" verify 500.tlog-proof --entry 500.entry --vkey log.vkey
ok "verify: no key" gives 3 "$lthub" verify checkpoint --quorum 0
ok "verify: no entry" gives 3 "$lthub" verify 500.tlog-proof --vkey log.vkey --quorum 0
ok "verify: another entry" gives 1 "$lthub" verify 500.tlog-proof --entry 1.entry --vkey log.vkey --quorum 0
ok "verify: no file" gives 4 "$lthub" verify absent --vkey log.vkey
ok "verify: what weighs most" gives 1 "$lthub" verify checkpoint absent body --vkey log.vkey --quorum 0
ok "verify: unreadable before incomplete" gives 4 "$lthub" verify checkpoint absent --quorum 0
ok "verify: usage" gives 2 "$lthub" verify checkpoint --at yesterday
ok "verify: nothing to verify" gives 2 "$lthub" verify
sed 's/^index 500/index 501/' 500.tlog-proof >index
sed 's/^index 500/index 0500/' 500.tlog-proof >zero
sed 's/$/\r/' 500.tlog-proof >cr
sed '3d' 500.tlog-proof >short
sed '3p' 500.tlog-proof >long
{ cat 500.tlog-proof; echo junk; } >junk
sed 's/^1037$/1038/' 500.tlog-proof >size
for spoiled in index zero cr short long junk size; do
    ok "verify: proof with $spoiled" gives 1 "$lthub" verify $spoiled --entry 500.entry --vkey log.vkey --quorum 0
done
ok "verify: json" prints '"kind":"proof","result":"valid"' "$lthub" verify 500.tlog-proof --entry 500.entry --vkey log.vkey --quorum 0 --json
ok "verify: Vietnamese" prints 'KẾT LUẬN: HỢP LỆ' "$lthub" verify checkpoint --vkey log.vkey --quorum 0 --lang vi
ok "verify: English" prints 'VERDICT: VALID' "$lthub" verify checkpoint --vkey log.vkey --quorum 0

# Two views (T13): the holder of the log key keeps a second log of the same size. Each is good alone; together they are the proof.
"$make_log" second log.key 37
"$make_log" second log.key 1001
sed -i "s|^folder = .*|folder = $work/second|" lthub.conf
audit checkpoint -o second-view
sed -i "s|^folder = .*|folder = $work/store|" lthub.conf
ok "verify: a view of the log" gives 0 "$lthub" verify second-view --vkey log.vkey --quorum 0
ok "verify: two views of one log" prints '[log.witness-fork]' "$lthub" verify checkpoint second-view --vkey log.vkey --quorum 0
ok "verify: the same view twice" gives 0 "$lthub" verify checkpoint checkpoint --vkey log.vkey --quorum 0

# The log once altered: named by check, and by its start.
python3 - <<'SQL'
import sqlite3
with sqlite3.connect("store/lthub.db") as database:
    database.execute("DROP TRIGGER log_no_update")
    database.execute("UPDATE log SET entry = CAST(replace(entry, 'test', 'tesT') AS BLOB) WHERE idx = 700")
SQL
ok "an altered entry is named" prints '[log.entry-hash]' audit check --full
ok "and has its exit code" gives 1 audit check --full
ok "and its place, as JSON" prints '"code":"log.entry-hash","table":"log","index":700' audit check --full --json
ok "status says that the log is halted" prints '"state":"halted"' audit status --json

echo "1..$count"
[ "$failed" = 0 ]
