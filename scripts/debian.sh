#!/bin/sh
# Installs the named Debian packages whose command of the same name is missing, where it may. Tests that need one of them
# skip where it is missing still, and say so.
missing=""
for name in "$@"; do
    command -v "$name" >/dev/null 2>&1 || missing="$missing $name"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "== Missing:$missing. The tests that need them are skipped."
    exit 0
fi
echo "== Installing$missing (once)"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >/dev/null 2>&1
for name in $missing; do
    apt-get install -y -qq --no-install-recommends "$name" >/dev/null 2>&1 ||
        echo "   $name cannot be installed: the tests that need it are skipped."
done
