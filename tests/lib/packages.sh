# Debian packages for demo and check: installed only when missing, saying so.
# Sourced by bash; `root` is the project's directory.
# shellcheck shell=bash disable=SC2154

# The packages of the named groups, one a line.
packages_of() {
    local group
    for group in "$@"; do
        sed -n "s/^$group //p" "$root/tests/lib/packages"
    done | sort -u
}

# Of the packages named, those that are not installed.
missing_packages() {
    local package
    for package in "$@"; do
        [[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" == installed ]] || echo "$package"
    done
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "installing packages needs root: run this as root, or install sudo, or ask for: apt-get install $missing"
    fi
}

# Installs what is missing of the named groups.
need_packages() {
    local packages missing
    command -v dpkg-query >/dev/null || die "this is made for Debian 12: dpkg-query was not found"
    mapfile -t packages < <(packages_of "$@")
    missing="$(missing_packages "${packages[@]}" | tr '\n' ' ')"
    [[ -n "$missing" ]] || return 0
    say "installing Debian packages: $missing"
    as_root apt-get update -q >/dev/null || say "apt-get update failed; trying with the lists that are there"
    # shellcheck disable=SC2086 # a list of words
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing ||
        die "apt-get could not install: $missing"
}

# Downloads and unpacks the packages of the group `extract`, once for all demos and checks of this tree, into the
# directory `extracted`, which appears by one rename, so that whoever sees it sees it whole. One of an older version of this
# project, with fewer packages in it, is made anew.
extracted="$root/.demo/cache/extracted"
need_extracted() {
    mkdir -p "$root/.demo/cache"
    (
        flock 9
        [[ -x "$extracted/usr/sbin/snmpd" && -x "$extracted/usr/sbin/snmptrapd" ]] || extract_packages
    ) 9>"$root/.demo/cache/lock" || exit 1
}

extract_packages() {
    local work="$root/.demo/cache/work" packages package
    mapfile -t packages < <(packages_of extract)
    say "unpacking (not installing) into .demo/cache: ${packages[*]}"
    rm -rf "$work"
    mkdir -p "$work/debs" "$work/extracted"
    download_packages "$work/debs" "${packages[@]}"
    for package in "$work"/debs/*.deb; do
        dpkg -x "$package" "$work/extracted"
    done
    base_modules "$work/extracted"
    rm -rf "$extracted"
    mv "$work/extracted" "$extracted"
    rm -rf "$work"
}

# apt drops to the user _apt, who cannot write here: it says so on every package unless told to stay who it is.
download_packages() {
    local directory="$1"
    shift
    cd "$directory" || return
    apt-get -q -o APT::Sandbox::User="$(id -un)" download "$@" >/dev/null 2>&1 && return
    as_root apt-get update -q >/dev/null || say "apt-get update failed"
    apt-get -q -o APT::Sandbox::User="$(id -un)" download "$@" >/dev/null ||
        die "apt-get could not download: $* (is there a Debian mirror in /etc/apt/sources.list?)"
}

# The texts of the base modules that HSMD-MIB and the tools import from; only these, so that net-snmp's parser meets
# nothing else.
base_modules() {
    local from module
    mkdir -p "$1/mibs"
    for from in "$1"/usr/lib/erlang/lib/snmp-*/mibs; do
        for module in SNMPv2-SMI SNMPv2-TC SNMPv2-CONF SNMPv2-MIB SNMP-FRAMEWORK-MIB; do
            cp "$from/$module.mib" "$1/mibs/$module.txt"
        done
    done
}
