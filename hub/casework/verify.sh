#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Verifies an evidence file with sh, unzip and OpenSSL 3 alone.
#
#   sh verify.sh FILE.asice --trust CA.pem --vkey LOG.vkey [--crl CRL.pem] [--witness W.vkey]… [--quorum K] [--tsa-ca CA.pem]
#
# Take CA.pem, LOG.vkey and the rest from a place that you trust, never from the file itself. Prints one finding per line with its code.
# shellcheck disable=SC2012,SC2015,SC2017,SC2046,SC2086,SC2094 # names are those of att/NNNN; "no" never fails; days are whole; words are meant
# Exit code: 0 valid; 1 a check failed; 2 wrong usage; 3 nothing failed, but something is absent; 4 cannot read.
set -u
LC_ALL=C
export LC_ALL
file='' trust='' crl='' tsa='' quorum=1 bad=0 missing=0 witnesses='' vkeys=''
usage() { echo "usage: sh verify.sh FILE.asice --trust CA.pem --vkey LOG.vkey [--crl F] [--witness F]... [--quorum K] [--tsa-ca F]" >&2; exit 2; }
full() { [ -r "$1" ] || { echo "cannot read $1 [file]"; exit 4; }; case $1 in /*) printf %s "$1" ;; *) printf %s "$PWD/$1" ;; esac; }
while [ $# -gt 0 ]; do
    case $1 in
    --trust | --crl | --tsa-ca | --witness | --vkey | --quorum) [ $# -gt 1 ] || usage ;;
    -*) usage ;;
    esac
    case $1 in
    --trust) trust=$(full "$2") || exit 4; shift ;;
    --crl) crl=$(full "$2") || exit 4; shift ;;
    --tsa-ca) tsa=$(full "$2") || exit 4; shift ;;
    --witness) witnesses="$witnesses $(full "$2")" || exit 4; shift ;;
    --vkey) vkeys="$vkeys $(full "$2")" || exit 4; shift ;;
    --quorum) quorum=$2; shift ;;
    *) [ -z "$file" ] || usage; file=$(full "$1") || { cannot=1; break; } ;;
    esac
    shift
done
[ -z "${cannot:-}" ] || { echo "cannot read the file [file]"; exit 4; }
[ -n "$file" ] || usage
case $quorum in '' | *[!0-9]*) usage ;; esac

d=$(mktemp -d) || exit 4
trap 'rm -rf "$d"' EXIT
M=META-INF/ASiCManifest001.xml P=META-INF/signature001.p7s
ok() { echo "$2 [$1]"; }
no() { echo "FAIL: $2 [$1]"; bad=1; }
miss() { echo "ABSENT: $2 [$1]"; missing=1; }
sha() { openssl dgst -sha256 -binary; }
hex() { openssl dgst -sha256 -r "$1" | cut -d' ' -f1; }
verdict() {
    if [ $bad = 1 ]; then echo "KET LUAN: KHONG HOP LE / VERDICT: INVALID (1)"; exit 1; fi
    if [ $missing = 1 ]; then echo "KET LUAN: CHUA DU CAN CU / VERDICT: INCOMPLETE (3)"; exit 3; fi
    echo "KET LUAN: HOP LE / VERDICT: VALID (0)"
    exit 0
}
# Seconds since 1970 of YYYY-MM-DDThh:mm:ss…
unix() {
    y=${1%%-*} r=${1#*-}; m=${r%%-*} r=${r#*-}; D=${r%%T*} r=${r#*T}; h=${r%%:*} r=${r#*:}; n=${r%%:*} s=${r#*:}; s=${s%%[.Z]*}
    m=${m#0} D=${D#0} h=${h#0} n=${n#0} s=${s#0}
    if [ "$m" -gt 2 ]; then m=$((m - 3)); else m=$((m + 9)) y=$((y - 1)); fi
    echo $(((y / 400 * 146097 + y % 400 * 365 + y % 400 / 4 - y % 400 / 100 + (153 * m + 2) / 5 + D - 1 - 719468) * 86400 + h * 3600 + n * 60 + s))
}

# Seconds since 1970 of openssl's "Nov 23 16:02:31 2026 GMT"
stamped() {
    months=JanFebMarAprMayJunJulAugSepOctNovDec
    before=${months%%"${1:-Jan}"*}
    unix "$(printf '%s-%02d-%02dT%s' "${4:-1970}" "$((${#before} / 3 + 1))" "${2:-1}" "${3:-00:00:00}")"
}

# unpack FILE FOLDER: entries by the names of an envelope and no others, each once, and no byte that is not theirs
unpack() {
    unzip -Z1 "$1" >"$2.names" 2>/dev/null || return 1
    grep -Evqx 'mimetype|envelope\.json|payload\.(json|xml)|att/0[0-9]{3}|META-INF/(ASiCManifest001\.xml|signature001\.p7s)' "$2.names" && return 1
    [ -z "$(sort "$2.names" | uniq -d)" ] && unzip -qq -t "$1" >/dev/null 2>&1 && unzip -qq "$1" -d "$2" || return 1
    [ -s "$2/$M" ] && [ -s "$2/$P" ] && [ -s "$2/envelope.json" ] || return 1
    total=22
    while read -r entry; do
        total=$((total + 76 + 2 * ${#entry} + $(wc -c <"$2/$entry")))
    done <"$2.names"
    [ "$total" = "$(wc -c <"$1" | tr -d ' ')" ]
}

# signature FOLDER TIME CRL WHAT: the CMS signature over the manifest; says what fails or is absent. Prints nothing when all is well.
signature() {
    cms="openssl cms -verify -binary -inform DER -in $1/$P -content $1/$M -out /dev/null"
    openssl cms -cmsout -print -noout -inform DER -in "$1/$P" >"$d/cms" 2>/dev/null || { no env.sig.der "$4: no signature"; return; }
    [ "$(grep -c id-smime-aa-signingCertificateV2 "$d/cms")" = 1 ] || { no env.sig.no-signed-attrs "$4: signed attributes"; return; }
    [ "$(grep -c d.issuerAndSerialNumber "$d/cms")" = 1 ] || { no env.sig.signer-count "$4: one signer"; return; }
    if ! $cms -noverify -signer "$d/signer.pem" 2>/dev/null; then
        no env.sig.bad-signature "$4: the signature does not verify"
    elif [ -z "$trust" ]; then
        miss env.cert.untrusted "$4: no trust anchor given (--trust)"
    elif [ -z "$3" ] && $cms -cades -CAfile "$trust" -attime "$2" 2>/dev/null; then
        miss env.cert.revocation-unknown "$4: no CRL"
    else
        cat "$trust" ${3:+"$3"} >"$d/anchors"
        $cms -cades -CAfile "$d/anchors" ${3:+-crl_check_all} -attime "$2" 2>"$d/err" && return
        if grep -q 'CRL' "$d/err" && $cms -cades -CAfile "$trust" -attime "$2" 2>/dev/null; then
            miss env.cert.revocation-unknown "$4: no CRL in force"
        else
            no env.cert "$4: $(grep -o 'Verify error:.*' "$d/err" | tail -n 1)"
        fi
    fi
}
# references FOLDER: name and digest of each entry that the manifest lists
references() {
    sed 's/<asic:DataObjectReference /\n&/g' "$1/$M" | sed -n 's/^<asic:DataObjectReference URI="\([^"]*\)".*<ds:DigestValue>\([^<]*\)<.*/\1 \2/p'
}
# contents FOLDER WHAT: every entry but the three that cannot be is listed, in order, with its digest
contents() {
    references "$1" >"$d/refs"
    { echo mimetype; cut -d' ' -f1 "$d/refs"; echo $M; echo $P; } | cmp -s - "$1.names" || { no env.manifest "$2: list of files"; return; }
    while read -r u v; do
        [ "$(sha <"$1/$u" | openssl base64 -A)" = "$v" ] || no env.manifest.digest "$2: $u is not what was signed"
    done <"$d/refs"
}
value() { sed -n "s/.*\"$2\":\"\{0,1\}\([^\",}]*\).*/\1/p" "$1" | head -n 1; }

cd "$d" || exit 4
unpack "$file" "$d/e" || { no env.zip "the file is not an envelope that can be read"; verdict; }

# 1. The file itself.
lastcrl=$crl
if [ -z "$lastcrl" ] && [ -s e/att/0001 ]; then
    a=$(sed -n 's/^\(att\/[0-9]*\)	trust\/crl-[0-9]*\.pem	.*/\1/p' e/att/0001 | tail -n 1)
    [ -z "$a" ] || lastcrl=$d/e/$a
fi
before=$bad
contents "$d/e" "evidence file"
signature "$d/e" "$(unix "$(value e/envelope.json issued)")" "$lastcrl" "evidence file"
[ $bad = $before ] || verdict
ok env.sig "evidence file of $(value e/envelope.json from), signed by $(openssl x509 -in signer.pem -noout -subject -nameopt utf8,sep_comma_plus 2>/dev/null)"
[ "$(value e/envelope.json type)" = audit.evidence ] || { no env.header.type "not an evidence file"; verdict; }

# 2. Names of the attachments.
mkdir l
ls e/att | sed '1d;s/^/att\//' >present
cut -f1 e/att/0001 | cmp -s - present || { no evidence.map "MAP.txt does not list the attachments"; verdict; }
while IFS='	' read -r a name digest; do
    case $name in '' | /* | *..* | *[!A-Za-z0-9._/-]*) no evidence.map "a name in MAP.txt that is none"; continue ;; esac
    [ "$(hex "e/$a")" = "$digest" ] || no evidence.map "$name is not what MAP.txt says"
    mkdir -p "l/$(dirname "$name")"
    [ ! -e "l/$name" ] || no evidence.map "$name stands twice in MAP.txt"
    cp "e/$a" "l/$name"
done <e/att/0001
[ $bad = 0 ] || verdict

# 3. The checkpoint: the log's own signature, witnesses, time stamp.
c=l/log/checkpoint
[ -s $c ] || { no log.note "no checkpoint"; verdict; }
sed -n 1,3p $c >body
origin=$(sed -n 1p body) size=$(sed -n 2p body) root=$(sed -n 3p body)
case $size in '' | *[!0-9]* | 0?*) no log.note "size of the checkpoint"; verdict ;; esac
[ -z "$(sed -n 4p $c)" ] && [ "$(value e/payload.json size)" = "$size" ] && [ "$(value e/payload.json origin)" = "$origin" ] ||
    no log.note "the checkpoint is not the one that the file speaks of"
# signed VKEY MESSAGE LENGTH: 0 a line of this key verifies; 1 none is of it; 2 one is and fails. MESSAGE `cosig`: of a witness
signed() {
    name=$(cut -d+ -f1 "$1") id=$(cut -d+ -f2 "$1") found=1
    { printf '\060\052\060\005\006\003\053\145\160\003\041\000'; cut -d+ -f3- "$1" | openssl base64 -d -A | tail -c 32; } |
        openssl pkey -pubin -inform DER -out key.pub 2>/dev/null || return 2
    grep -F "— $name " $c | cut -d' ' -f3 >lines
    while read -r line; do
        printf %s "$line" | openssl base64 -d -A >sig
        [ "$(head -c 4 sig | od -An -tx1 | tr -d ' \n')" = "$id" ] || continue
        if [ "$2" = cosig ]; then
            t=0
            for byte in $(head -c 12 sig | tail -c 8 | od -An -tu1); do t=$((t * 256 + byte)); done
            { printf 'cosignature/v1\ntime %s\n' "$t"; cat body; } >message
        else
            cp body message
        fi
        [ "$(wc -c <sig)" = "$3" ] || return 2
        tail -c 64 sig >value
        openssl pkeyutl -verify -rawin -pubin -inkey key.pub -in message -sigfile value >/dev/null 2>&1 || return 2
        found=0
    done <lines
    return $found
}
known=no bylog=no
for vkey in $vkeys; do
    [ "$(cut -d+ -f1 "$vkey")" = "$origin" ] || continue
    known=yes
    signed "$vkey" log 68
    case $? in 0) bylog=yes ;; 2) no log.note "the log's signature fails" ;; esac
done
if [ $bylog = yes ]; then ok log.note "checkpoint of $origin, $size entries"
elif [ $known = yes ]; then no log.note "the checkpoint is not signed by the key given"
else miss log.vkey "no key given for $origin (--vkey)"; fi
n=0
for witness in $witnesses; do
    signed "$witness" cosig 76
    case $? in 0) n=$((n + 1)) ;; 2) no log.note "a cosignature fails" ;; esac
done
if [ "$n" -ge "$quorum" ]; then ok log.quorum "$n/$quorum witnesses"; else miss log.quorum "$n/$quorum witnesses"; fi
if [ -n "$tsa" ]; then
    if [ ! -s l/log/checkpoint.tsr ]; then miss anchor.tsr "no time stamp"
    else
        t=$(openssl ts -reply -in l/log/checkpoint.tsr -text 2>/dev/null | sed -n 's/^Time stamp: //p')
        if openssl ts -verify -data body -in l/log/checkpoint.tsr -CAfile "$tsa" -attime "$(stamped $t)" >/dev/null 2>&1; then ok anchor.tsr "time stamp: $t"
        else no anchor.tsr "the time stamp does not verify"; fi
    fi
fi
if [ -n "$trust" ] && [ -s l/log/checkpoint.p7s ]; then
    mkdir -p anchor/META-INF
    cp body anchor/$M
    cp l/log/checkpoint.p7s anchor/$P
    before=$bad$missing
    signature "$d/anchor" "$(unix "$(value e/envelope.json issued)")" "$lastcrl" "legal signature of the checkpoint"
    [ "$bad$missing" != "$before" ] || ok anchor.cms "the checkpoint is also signed by $(openssl x509 -in signer.pem -noout -subject -nameopt utf8,sep_comma_plus)"
fi
[ $bad = 0 ] || verdict

# 4. Entries and their proofs.
# included ENTRY PROOF: RFC 9162 section 2.1.3.2
included() {
    i=$3 s=$((size - 1))
    [ "$i" -lt "$size" ] || return 1
    { printf '\000'; cat "$1"; } | sha >r
    sed '1,2d;/^$/,$d' "$2" >hashes
    while read -r p; do
        printf %s "$p" | openssl base64 -d -A >p
        [ "$(wc -c <p)" = 32 ] && [ "$(openssl base64 -A <p)" = "$p" ] && [ "$s" -gt 0 ] || return 1
        if [ $((i & 1)) = 1 ] || [ "$i" = "$s" ]; then
            { printf '\001'; cat p r; } | sha >q
            while [ $((i & 1)) = 0 ] && [ "$i" != 0 ]; do i=$((i >> 1)) s=$((s >> 1)); done
        else { printf '\001'; cat r p; } | sha >q; fi
        mv q r
        i=$((i >> 1)) s=$((s >> 1))
    done <hashes
    [ "$s" = 0 ] && [ "$(openssl base64 -A <r)" = "$root" ]
}
part() { sed "s/.*\"$1\":\[//;s/\].*//" e/payload.json | sed 's/},{/}\n{/g' | sed -n '/./p'; echo; }
part events | sed '/^$/d' >events
part messages | sed '/^$/d' >messages
n=0
while read -r event; do
    printf '%s\n' "$event" >one
    N=$(value one index) E=l/log/$N.entry Q=l/log/$N.tlog-proof
    [ -s "$E" ] && [ -s "$Q" ] || { no log.entry "entry $N is not in the file"; continue; }
    grep -qF "\"n\":$N," "$E" && grep -qF "\"ev\":\"$(value one ev)\"" "$E" && grep -qF "\"t\":\"$(value one t)\"" "$E" || no log.entry-form "entry $N is another one"
    [ "$(sed -n 1p "$Q")" = c2sp.org/tlog-proof@v1 ] && [ "$(sed -n 2p "$Q")" = "index $N" ] && sed '1,/^$/d' "$Q" | cmp -s - $c || { no log.proof "proof of entry $N"; continue; }
    if included "$E" "$Q" "$N"; then n=$((n + 1)); else no log.root "entry $N is not in the tree"; fi
    case $(value one ev) in
    env.accepted | receipt.in | receipt.out) grep -qF "\"index\":$N," messages || no evidence.messages "no message for entry $N" ;;
    esac
done <events
[ "$(ls l/log/*.entry | wc -l)" = "$(wc -l <events)" ] || no log.entry "entries that the file does not speak of"
[ $bad = 0 ] && ok log.root "$n entries are in the tree of $size"

# 5. Messages: each is the one whose digest the log has.
n=0
while read -r message; do
    printf '%s\n' "$message" >one
    k=$(printf %03d "$(value one k)") N=$(value one index) m=$(value one manifest) id=$(value one id)
    what="message $k" E=l/log/$N.entry
    [ -s "$E" ] && grep -qF "\"m\":\"$m\"" "$E" && grep -qF "\"id\":\"$id\"" "$E" || { no evidence.messages "$what is not that of entry $N"; continue; }
    list=$crl
    [ ! -s "l/trust/crl-$((0 + $(value one k))).pem" ] || list=$d/l/trust/crl-$(value one k).pem
    at=$(unix "$(value "$E" t)")
    if [ -e "l/msg/$k.asice" ]; then
        rm -rf x x.names
        unpack "l/msg/$k.asice" "$d/x" || { no env.zip "$what cannot be read"; continue; }
        [ "$(hex x/$M)" = "$m" ] || { no evidence.messages "$what has another manifest"; continue; }
        contents "$d/x" "$what"
        signature "$d/x" "$at" "$list" "$what"
        n=$((n + 1))
    elif [ -e "l/msg/$k/$M" ]; then
        [ "$(hex "l/msg/$k/$M")" = "$m" ] || { no evidence.messages "$what has another manifest"; continue; }
        signature "$d/l/msg/$k" "$at" "$list" "$what"
        references "l/msg/$k" | grep -qFx "envelope.json $(sha <"l/msg/$k/envelope.json" | openssl base64 -A)" || no env.manifest.digest "$what: header"
        miss content.absent "$what: digest known, content absent ($(value one state))"
    else
        [ "$(value one state)" != present ] || { no evidence.messages "$what is said to be here and is not"; continue; }
        miss content.absent "$what: digest known, content absent ($(value one state))"
    fi
done <messages
[ $bad = 0 ] && ok evidence.messages "$n messages are those of the log"
verdict
