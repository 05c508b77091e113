# How the project's scripts speak. Sourced by bash.
# shellcheck shell=bash

program="${0##*/}"

# A line of progress, on stderr: stdout belongs to the command that is run.
say() {
    printf '%s: %s\n' "$program" "$*" >&2
}

die() {
    say "$*"
    exit 1
}

# A wrong command line: what is wrong, and what would be right.
usage_error() {
    say "$*"
    exit 2
}
