#!/bin/sh
# The whole way in a sandbox; called by `make demo` inside `apigeectl sandbox run`, in a folder with keys and certificates.
set -eu

step() {
    printf '\n$ %s\n' "$*"
    "$@"
}

step apigeectl validate -f overrides.yaml
step apigeectl init -f overrides.yaml
step apigeectl check-ready -f overrides.yaml --wait=60
step apigeectl apply -f overrides.yaml
step apigeectl check-ready -f overrides.yaml --wait=60 --verbose
step apigeectl connect status -f overrides.yaml
step apigeectl apply -f overrides.yaml
step apigeectl delete -f overrides.yaml
