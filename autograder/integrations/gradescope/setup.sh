#!/usr/bin/env bash
# Runs once, as root, while Gradescope builds the assignment's image (Ubuntu or Debian).
set -euo pipefail
source=$(cd "$(dirname "$0")" && pwd)
venv=${AUTOGRADER_VENV:-/opt/autograder}
export DEBIAN_FRONTEND=noninteractive

new_enough() { "$1" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; }
find_python() {
  for name in python3 python3.13 python3.12 python3.11; do
    if command -v "$name" > /dev/null && new_enough "$name"; then echo "$name"; return; fi
  done
  return 1
}

apt-get update -q
apt-get install -qy --no-install-recommends ca-certificates python3 python3-venv
apt-get install -qy --no-install-recommends bubblewrap || true # the sandbox; there is a second one without it
if ! python=$(find_python); then # Ubuntu 22.04
  apt-get install -qy --no-install-recommends python3.11 python3.11-venv || true
  python=$(find_python) || { echo "Python 3.11 or later is needed: choose Ubuntu 24.04 as the base image." >&2; exit 1; }
fi

"$python" -m venv "$venv"
"$venv/bin/pip" install --no-cache-dir "$source"/*.whl
chmod -R a+rX "$venv" # the engine is no secret, and a submission's own user reads Python there
chown -R 0:0 "$source"
chmod -R go-rwx "$source" # the hidden key is one
