# Configures and builds a preset, one builder of this tree at a time. Sourced by bash; `root` is the project's directory.
# shellcheck shell=bash disable=SC2154

# build_preset NAME: afterwards `build` is the build directory of that preset.
build_preset() {
    case "$1" in
    default) build="$root/build" ;;
    sanitize) build="$root/build-sanitize" ;;
    *) die "there is no preset $1; there is: default sanitize" ;;
    esac
    mkdir -p "$root/.demo"
    (
        flock -n 9 || { say "waiting for another build of this tree" && flock 9; }
        configure_and_build "$1" || { say "the build failed" && exit 1; }
    ) 9>"$root/.demo/build.lock" || exit 1
}

# What ran without a fault says nothing: ninja shows what it does only when there is something to do.
configure_and_build() {
    cd "$root" || return
    if [[ ! -e "$build/build.ninja" ]]; then
        say "configuring (preset $1)"
        cmake --preset "$1" >"$root/.demo/configure.log" 2>&1 || { cat "$root/.demo/configure.log" >&2 && return 1; }
    fi
    if ! ninja -C "$build" -n | grep -q 'no work to do'; then
        say "building into ${build#"$root/"}: this takes a minute the first time"
        ninja -C "$build" >&2
    fi
}
