#!/bin/sh
# tls-lab.sh FOLDER: a throwaway CA and certificates for tests of outbound TLS. All P-256, made in well under a second.
#   root.pem, crl.pem         the CA and its list, on which `revoked` stands
#   good, wrong, expired, revoked, self, client  .pem and .key; server names: localhost (wrong: other.example)
#   good.pin, other.pin       pins of good's key and of another one
set -eu
cd "$1"
cat > ca.cnf <<'END'
[ca]
default_ca = lab
[lab]
dir = .
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = .
default_md = sha256
default_days = 30
default_crl_days = 30
policy = any
copy_extensions = copy
[any]
commonName = supplied
END
: > index.txt
echo 01 > serial
echo 01 > crlnumber
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
key root
openssl req -x509 -new -key root.key -subj '/CN=Lab root' -days 30 -out root.pem -addext 'keyUsage=critical,keyCertSign,cRLSign'
# issue NAME HOST [dates…]
issue() {
    name=$1
    host=$2
    shift 2
    key "$name"
    openssl req -new -key "$name.key" -subj "/CN=$name" -addext "subjectAltName=DNS:$host" -out "$name.csr"
    openssl ca -batch -notext -config ca.cnf -cert root.pem -keyfile root.key -in "$name.csr" -out "$name.pem" "$@" 2> /dev/null
}
issue good localhost
issue wrong other.example
issue expired localhost -startdate 20200101000000Z -enddate 20200201000000Z
issue revoked localhost
issue client client.example
key self
openssl req -x509 -new -key self.key -subj '/CN=localhost' -addext 'subjectAltName=DNS:localhost' -days 30 -out self.pem
openssl ca -config ca.cnf -cert root.pem -keyfile root.key -revoke revoked.pem 2> /dev/null
openssl ca -config ca.cnf -cert root.pem -keyfile root.key -gencrl -out crl.pem 2> /dev/null
pin() { openssl pkey -in "$1.key" -pubout -outform DER | openssl dgst -sha256 -binary | openssl base64; }
printf 'sha256//%s' "$(pin good)" > good.pin
printf 'sha256//%s' "$(pin wrong)" > other.pin
