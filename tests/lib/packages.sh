# shellcheck shell=sh disable=SC2034
# packages.sh: the Debian 12 packages that the scripts install on a fresh machine, by purpose. Sourced, not run.

# To build and run the hub.
LT_PACKAGES_BUILD="gcc libc6-dev meson ninja-build pkg-config gettext libglib2.0-dev libsoup-3.0-dev libjson-glib-dev \
libxml2-dev libssl-dev zlib1g-dev libsqlite3-dev libcurl4-openssl-dev libjq-dev libonig-dev libxslt1-dev libxmlsec1-dev libsystemd-dev libjemalloc-dev ca-certificates"

# To run the demo: its stand-ins speak HTTP and sign with the stock tool.
LT_PACKAGES_DEMO="openssl python3-minimal python3 curl"

# To run all tests: real peers and tools, sanitizers, fuzzers.
LT_PACKAGES_TEST="xmlsec1 gsoap libgsoap-dev clang llvm libclang-rt-14-dev nginx-light softhsm2 opensc libengine-pkcs11-openssl unzip xxd strace \
golang-go golang-golang-x-mod-dev man-db bash-completion shellcheck git iproute2 systemd"

# lt_install PACKAGE…: installs what is missing; says what it does; needs root only when something is missing.
lt_install() {
    missing=""
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
    [ -z "$missing" ] && return 0
    as_root=""
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || { echo "these packages are missing and this is not root:$missing" >&2; return 1; }
        as_root="sudo"
    fi
    echo "Installing:$missing"
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive sh -c "apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing" \
        >"${TMPDIR:-/tmp}/lthub-apt.log" 2>&1 || { tail -n 20 "${TMPDIR:-/tmp}/lthub-apt.log" >&2; return 1; }
}
