#!/bin/sh
# deps.sh - install the Debian packages that a goal of the Makefile needs and that are missing.
#
# usage: deps.sh GROUP...   groups: check lint memcheck coverage bench generators
#
# Libraries and tools only: none of these packages brings a service, a timer or a listener. Nothing is done, and no
# privilege is needed, when all are present. Exit status 1 with one line that names the packages when they cannot be installed.
set -u
LC_ALL=C
export LC_ALL

packages_of() {
    case $1 in
    check) echo gcc libc6-dev make libcunit1-dev libsqlite3-dev libseccomp-dev libelf-dev libdw-dev libsmartcols-dev libssl-dev \
        systemtap-sdt-dev uidmap util-linux strace lsof curl ;;
    lint) echo clang-format groff-base shellcheck ;;
    memcheck) echo valgrind libc6-dbg ;;
    coverage) echo lcov ;;
    bench) echo strace valgrind wrk ;;
    # php itself is unpacked (targets/generators/php.sh); these are the libraries that it needs.
    generators) echo pkg-config libgcrypt20-dev libgnutls28-dev libnss3-dev libsodium-dev libmbedtls-dev libbsd-dev \
        uuid-dev libapr1-dev perl python3 ruby libargon2-1 libedit2 libxml2 ;;
    *) echo "deps: there is no group '$1' (check lint memcheck coverage bench generators)" >&2; return 1 ;;
    esac
}

wanted=
for group in "$@"; do
    wanted="$wanted $(packages_of "$group")" || exit 1
done
if ! command -v dpkg-query >/dev/null; then
    echo "deps: this is not Debian (no dpkg-query); install what these Debian packages hold:$wanted" >&2
    exit 0
fi
missing=
for package in $wanted; do
    # One word for each architecture. A package that others only mention (Breaks) is there too, "not-installed".
    case " $(dpkg-query -W -f '${db:Status-Status} ' "$package" 2>/dev/null)" in
    *" installed "*) ;;
    *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root='sudo -n'
elif command -v sudo >/dev/null && [ -t 0 ] && [ -t 2 ]; then
    as_root=sudo
else
    echo "deps: not root and no sudo; as root run: apt-get install -y --no-install-recommends$missing" >&2
    exit 1
fi
apt() {
    # shellcheck disable=SC2086 # the words of as_root are meant to be split; it may be empty
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" </dev/null
}
install_missing() {
    # shellcheck disable=SC2086 # a list of package names
    apt install --no-install-recommends $missing
}
echo "deps: installing$missing"
if [ -z "$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' 2>/dev/null | head -n 1)" ]; then
    apt update || echo "deps: apt-get update failed, going on with the lists at hand" >&2
fi
# A list may be older than the archive: fetch it anew and try once more.
if ! install_missing && ! { apt update && install_missing; }; then
    echo "deps: apt-get could not install:$missing (its message is above)" >&2
    exit 1
fi
