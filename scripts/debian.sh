#!/bin/sh
# Installs the named Debian packages whose command of the same name is missing, where it may. Tests that need one of them
# skip where it is missing still, and say so.
missing=""
PATH="$PATH:/usr/sbin"  # nginx lies there
for name in "$@"; do
    command -v "$name" >/dev/null 2>&1 || missing="$missing $name"
done
[ -z "$missing" ] && exit 0
as_root=""
# On a machine of a workflow nobody minds what is installed.
[ "$(id -u)" != 0 ] && [ -n "${CI:-}" ] && sudo -n true 2>/dev/null && as_root="sudo -n -E"
if { [ "$(id -u)" != 0 ] && [ -z "$as_root" ]; } || ! command -v apt-get >/dev/null 2>&1; then
    echo "== Missing:$missing. The tests that need them are skipped."
    exit 0
fi
echo "== Installing$missing (once)"
export DEBIAN_FRONTEND=noninteractive
# Tests start what they need, on a port of their own: no service of a package may start by itself.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap '$as_root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
fi
$as_root apt-get update -qq >/dev/null 2>&1
for name in $missing; do
    $as_root apt-get install -y -qq --no-install-recommends "$name" >/dev/null 2>&1 ||
        echo "   $name cannot be installed: the tests that need it are skipped."
done
