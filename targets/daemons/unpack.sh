#!/bin/sh
# unpack.sh - put Debian packages below a folder, as they are, without installing them.
#
# usage: unpack.sh FOLDER PACKAGE...
#
# The files of the packages land in FOLDER/root; the .deb files stay in FOLDER. Needs no root. When the machine's package
# lists do not lead to the package any more, lists of FOLDER's own are fetched; the machine's are left alone.
set -eu
folder=$1
shift
mkdir -p "$folder/root"
folder=$(realpath "$folder")
cd "$folder"

own() {
    mkdir -p "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial"
    apt-get -q -o Dir::State::lists="$folder/apt/lists" -o Dir::Cache="$folder/apt/cache" \
        -o APT::Update::Post-Invoke-Success::= -o APT::Sandbox::User= "$@"
}
for package in "$@"; do
    [ -f "$folder/root/.$package" ] && continue
    rm -f "$package"_*.deb
    if ! apt-get -q -o APT::Sandbox::User= download "$package" >apt.log 2>&1; then
        echo "unpack: fetching package lists of our own for $package" >&2
        # An extra archive of the machine that does not answer is no reason to stop: the download decides.
        own update >>apt.log 2>&1 || true
        if ! own download "$package" >>apt.log 2>&1; then
            cat apt.log >&2
            echo "unpack: apt-get could not download $package (its messages are above)" >&2
            exit 1
        fi
    fi
    dpkg-deb -x "$package"_*.deb root
    : >"root/.$package"
done
