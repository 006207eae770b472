#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`lthub envelope check` from the outside: envelopes written in another language and signed by the stock tool, good and bad; files in any order; exit codes;
a token's key; and a large attachment, which must not cost memory."""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position
envelope = lab.envelope

DOSSIER = "c9d5d49c-b56f-4552-96a3-c9b95ec99950"
MODULE = "/usr/lib/softhsm/libsofthsm2.so"
MEGABYTE = 1 << 20
EXTRA_MEMORY_MB = 16


def run(*command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **options)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def must(*command, **options):
    code, out, err = run(*command, **options)
    if code != 0:
        raise lab.Failed(f"{command[0]} {command[1]}: {err.strip()}")
    return out


class Bench:
    """A lab CA with two units, and envelopes that this program makes."""

    def __init__(self, folder):
        self.folder, self.trust, self.seq = folder, os.path.join(folder, "ca"), 0
        must(lab.LTHUB, "pki", "init", self.trust)
        for unit in ("H52", "H52.101", "H52.102"):
            must(lab.LTHUB, "pki", "issue", self.trust, unit, "--unit", unit)

    def path(self, name):
        return os.path.join(self.folder, name)

    def pem(self, unit):
        return os.path.join(self.trust, unit + ".pem"), os.path.join(self.trust, unit + ".key")

    def make(self, name, kind="dossier.submit", sender="H52.101", receiver="H52", signer=None, **rest):
        self.seq += 1
        made = envelope.seal(kind, sender, receiver, self.seq, {"a": 1}, *self.pem(signer or sender), dossier=DOSSIER, **rest)
        with open(self.path(name), "wb") as out:
            out.write(made[2])
        return made

    def make_signed_by(self, name, sign):
        """An envelope whose signature @sign makes of the manifest's file."""
        stock = envelope.sign

        def replaced(manifest, certificate, key):
            with open(self.path("manifest"), "wb") as out:
                out.write(manifest)
            return sign(self.path("manifest"), certificate, key)

        envelope.sign = replaced
        try:
            return self.make(name)
        finally:
            envelope.sign = stock

    def check(self, *names, options=()):
        code, out, err = run(lab.LTHUB, "envelope", "check", "--trust", self.trust, "--unit", "H52", "--no-payload-schema", *options,
                             *[self.path(name) for name in names])
        return code, [line.split("\t")[-1] for line in out.splitlines()], err


def stock(*options):
    def sign(manifest, certificate, key):
        done = subprocess.run(["openssl", "cms", "-sign", "-outform", "DER", "-in", manifest, "-signer", certificate, "-inkey", key, *options],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
        return done.stdout
    return sign


GOOD = ("-cades", "-binary", "-nosmimecap", "-md", "sha256")
STOCK = [
    ("as the specification says", GOOD, "ok"),
    ("with a fifth attribute (no -nosmimecap)", ("-cades", "-binary", "-md", "sha256"), "env.sig.signed-attrs"),
    ("without signing certificate (no -cades)", ("-binary", "-nosmimecap", "-md", "sha256"), "env.sig.signed-attrs"),
    ("without signed attributes", ("-binary", "-noattr", "-md", "sha256"), "env.sig.no-signed-attrs"),
    ("without certificates", GOOD + ("-nocerts",), "env.sig.certs"),
    ("named by key identifier", GOOD + ("-keyid",), "env.sig.signer-id"),
    ("with SHA-512", ("-cades", "-binary", "-nosmimecap", "-md", "sha512"), "env.sig.algorithm"),
    ("with SHA-384 on P-256", ("-cades", "-binary", "-nosmimecap", "-md", "sha384"), "env.sig.key"),
    ("with SHA-1", ("-cades", "-binary", "-nosmimecap", "-md", "sha1"), "env.sig.algorithm"),
    ("attached", GOOD + ("-nodetach",), "env.sig.not-detached"),
    ("in BER", GOOD + ("-nodetach", "-stream"), "env.sig.der"),
    ("as text", GOOD + ("-outform", "PEM"), "env.sig.der"),
    ("with another content type", GOOD + ("-econtent_type", "1.2.3.4"), "env.sig.type"),
    ("with line ends converted (no -binary)", ("-cades", "-nosmimecap", "-md", "sha256"), "env.sig.digest"),
]


def check_stock(tap, bench):
    for what, options, expected in STOCK:
        bench.make_signed_by("stock.asice", stock(*options))
        code, codes, err = bench.check("stock.asice", options=("--explain",))
        tap.ok(codes == [expected] and code == (0 if expected == "ok" else 1), f"openssl cms {what}: {expected}", f"{codes} {err}")
    stranger, key = bench.pem("H52.102")
    bench.make_signed_by("stock.asice", stock(*GOOD, "-certfile", stranger))
    tap.ok(bench.check("stock.asice")[1] == ["env.sig.certs"], "openssl cms with a stranger's certificate: env.sig.certs")
    bench.make_signed_by("stock.asice", stock(*GOOD, "-signer", stranger, "-inkey", key))
    tap.ok(bench.check("stock.asice")[1] == ["env.sig.signer-count"], "openssl cms with two signers: env.sig.signer-count")
    bench.make_signed_by("stock.asice", lambda *args: stock(*GOOD)(*args) + b"\0")
    tap.ok(bench.check("stock.asice")[1] == ["env.sig.der"], "openssl cms with a byte behind it: env.sig.der")


def check_identity(tap, bench):
    bench.make("other.asice", signer="H52.102")
    tap.ok(bench.check("other.asice")[1] == ["env.from.signer"], "another unit's key: env.from.signer")
    bench.make("unknown.asice", receiver="H99")
    tap.ok(bench.check("unknown.asice")[1] == ["env.to.unknown"], "an unknown receiver: env.to.unknown")
    bench.make("elsewhere.asice", receiver="H52.102")
    tap.ok(bench.check("elsewhere.asice")[1] == ["env.to.not-served"], "another unit's envelope: env.to.not-served")


def check_call(tap, bench):
    """What is known within one call."""
    first = bench.make("first.asice")
    bench.make("twin.asice", message_id=first[0])
    bench.make("receipt.asice", kind="receipt", re_={"from": "H52.101", "id": first[0], "manifest": first[1]}, sender="H52", receiver="H52.101")
    bench.make("wrong.asice", kind="receipt", re_={"from": "H52.101", "id": first[0], "manifest": hashlib.sha256(b"").hexdigest()}, sender="H52",
               receiver="H52.101")
    bench.make("update.asice", kind="dossier.update", re_={"from": "H52.101", "id": first[0], "manifest": hashlib.sha256(b"").hexdigest()})
    tap.ok(bench.check("update.asice")[1] == ["ok"], "an update of something unknown: ok")
    tap.ok(bench.check("update.asice", "first.asice")[1] == ["env.re.manifest", "ok"], "an update of another manifest, before what it names: env.re.manifest")
    code, codes, _ = bench.check("first.asice", "first.asice", "twin.asice")
    tap.ok(codes == ["ok", "ok", "env.dup.conflict"] and code == 1, "a copy is ok, another envelope of the same id is env.dup.conflict", str(codes))
    tap.ok(bench.check("receipt.asice")[1] == ["env.re.unknown"], "a receipt alone: env.re.unknown")
    for order in (("first.asice", "receipt.asice", "wrong.asice"), ("wrong.asice", "receipt.asice", "first.asice")):
        expected = {"first.asice": "ok", "receipt.asice": "ok", "wrong.asice": "env.re.manifest"}
        codes = bench.check(*order)[1]
        tap.ok(codes == [expected[name] for name in order], "receipts beside what they answer, in any order: " + " ".join(order), str(codes))
    code, out, _ = run(lab.LTHUB, "envelope", "check", "--trust", bench.trust, "--unit", "H52", "--no-payload-schema", "--json",
                       bench.path("first.asice"), bench.path("receipt.asice"))
    rows = [json.loads(line) for line in out.splitlines()]
    tap.ok(code == 0 and rows == [{"file": bench.path(n), "code": "ok"} for n in ("first.asice", "receipt.asice")], "--json: one object per file", out)


def check_exit_codes(tap, bench):
    bench.make("good.asice")
    code, codes, _ = bench.check("good.asice", "absent.asice")
    tap.ok(code == 4 and codes == ["ok"], "a file that cannot be read: 4", f"{code} {codes}")
    with open(bench.path("huge.asice"), "wb") as out:
        out.truncate(100 * MEGABYTE + 1)
    tap.ok(bench.check("huge.asice")[1] == ["env.size.total"], "a file over the limit, whatever is in it: env.size.total")
    os.remove(bench.path("huge.asice"))
    tap.ok(run(lab.LTHUB, "envelope", "check", "--trust", bench.trust, "--unit", "H52")[0] == 2, "no file: 2")
    tap.ok(run(lab.LTHUB, "envelope", "check", "--trust", "/nowhere", "--unit", "H52", bench.path("good.asice"))[0] == 4, "no folder: 4")
    crl = os.path.join(bench.trust, "crl.pem")
    os.rename(crl, crl + ".away")
    tap.ok(bench.check("good.asice")[1] == ["env.cert.revocation-unknown"], "no CRL: env.cert.revocation-unknown")
    with open(crl, "w", encoding="ascii"):
        pass
    tap.ok(bench.check("good.asice")[1] == ["env.cert.revocation-unknown"], "an empty CRL file: env.cert.revocation-unknown")
    os.rename(crl + ".away", crl)


def check_pack(tap, bench):
    """The way of someone who has only openssl: pack, sign, pack."""
    bench.make("good.asice")
    folder, out = bench.path("entries"), bench.path("packed.asice")
    must(lab.LTHUB, "envelope", "open", "--trust", bench.trust, bench.path("good.asice"), folder)
    shutil.rmtree(os.path.join(folder, "META-INF"))
    tap.ok(run(lab.LTHUB, "envelope", "pack", folder, out)[0] == 3, "pack writes the manifest and waits for the signature")
    certificate, key = bench.pem("H52.101")
    with open(os.path.join(folder, "META-INF", "signature001.p7s"), "wb") as signature:
        signature.write(stock(*GOOD)(os.path.join(folder, "META-INF", "ASiCManifest001.xml"), certificate, key))
    tap.ok(run(lab.LTHUB, "envelope", "pack", folder, out)[0] == 0 and bench.check("packed.asice")[1] == ["ok"], "pack writes a container that is received")


def check_token(tap, bench):
    """A key that lives in a PKCS#11 token and never leaves it."""
    if not os.path.exists(MODULE):
        tap.ok(False, "softhsm2 is installed")
        return
    tokens = bench.path("tokens")
    os.mkdir(tokens)
    with open(bench.path("softhsm2.conf"), "w", encoding="ascii") as out:
        out.write(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    # What the engine's library leaves behind when it is unloaded is its own.
    environment = dict(os.environ, SOFTHSM2_CONF=bench.path("softhsm2.conf"), ASAN_OPTIONS="detect_leaks=0")
    must("softhsm2-util", "--init-token", "--free", "--label", "lab", "--pin", "1234", "--so-pin", "4321", env=environment)
    certificate, key = bench.pem("H52.101")
    der = bench.path("key.pk8")
    must("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", key, "-out", der)
    must("softhsm2-util", "--import", der, "--token", "lab", "--label", "unit", "--id", "01", "--pin", "1234", env=environment)
    os.remove(der)
    uri = f"pkcs11:token=lab;object=unit;type=private?pin-value=1234&module-path={MODULE}"
    with open(bench.path("p.json"), "w", encoding="ascii") as out:
        out.write("{}")
    arguments = ["envelope", "seal", "--out", bench.path("token.asice"), "--certificate", certificate, "--type", "dossier.submit", "--from", "H52.101",
                 "--to", "H52", "--dossier", DOSSIER, "--payload", bench.path("p.json")]
    code, _, err = run(lab.LTHUB, *arguments, "--key", uri, env=environment)
    tap.ok(code == 0 and bench.check("token.asice")[1] == ["ok"], "a token's key seals", err)
    code, _, err = run(lab.LTHUB, *arguments, "--key", uri.replace("1234", "9999"), env=environment)
    tap.ok(code == 4 and "9999" not in err and "signer.key" in err, "a wrong PIN is said, the PIN is not", err)


def peak_kb(*command):
    child = subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(os.environ, ASAN_OPTIONS="quarantine_size_mb=1"))  # pylint: disable=consider-using-with
    out = child.stdout.read().decode()
    _, status, usage = os.wait4(child.pid, 0)
    return usage.ru_maxrss, os.waitstatus_to_exitcode(status), out


def check_memory(tap, bench):
    """50 MB through writer and reader: at most 16 MB more than a small one."""
    certificate, key = bench.pem("H52.101")
    sizes = {"small": 1000, "large": 50 * MEGABYTE}
    peaks = {}
    with open(bench.path("p.json"), "w", encoding="ascii") as out:
        out.write("{}")
    for name, size in sizes.items():
        with open(bench.path(name + ".pdf"), "wb") as out:
            for _ in range(max(1, size // MEGABYTE)):
                out.write(os.urandom(min(size, MEGABYTE)))
        sealing, code, out = peak_kb(lab.LTHUB, "envelope", "seal", "--out", bench.path(name + ".asice"), "--certificate", certificate, "--key", key, "--type",
                                     "dossier.submit", "--from", "H52.101", "--to", "H52", "--dossier", DOSSIER, "--payload", bench.path("p.json"),
                                     bench.path(name + ".pdf"))
        checking, checked, line = peak_kb(lab.LTHUB, "envelope", "check", "--trust", bench.trust, "--unit", "H52", "--no-payload-schema",
                                          bench.path(name + ".asice"))
        tap.ok(code == 0 and checked == 0 and line.endswith("\tok\n"), f"{name}: sealed and received", out + line)
        peaks[name] = (sealing, checking)
    for i, what in enumerate(("sealing", "checking")):
        extra = (peaks["large"][i] - peaks["small"][i]) / 1024
        tap.ok(extra <= EXTRA_MEMORY_MB, f"{what} 50 MB costs at most {EXTRA_MEMORY_MB} MB of memory", f"{extra:.1f} MB")
        tap.note(f"{what} 50 MB: {extra:.1f} MB more than 1 KB")


def main():
    tap = lab.Tap()
    with tempfile.TemporaryDirectory(prefix="lthub-check-") as folder:
        bench = Bench(folder)
        for part in (check_stock, check_identity, check_call, check_exit_codes, check_pack, check_token, check_memory):
            part(tap, bench)
    tap.exit()


if __name__ == "__main__":
    main()
