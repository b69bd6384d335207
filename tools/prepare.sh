#!/bin/sh
# Make .venv hold the versions that constraints.txt pins, and see that the system's tools are there.
# Does nothing when all is in place, so that it needs the network once; after a failed try, run it again.
#
# sh tools/prepare.sh [browser | pdf]
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }
fits() { "$1" -c 'import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' >/dev/null 2>&1; }
find_python() {
  for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if has "$name" && fits "$name"; then echo "$name"; return; fi
  done
}

# Install Debian or Ubuntu packages where we may; otherwise name the command and give up.
packages() {
  if has apt-get && [ "$(id -u)" = 0 ]; then
    say "installing $*"
    (apt-get install -y --no-install-recommends "$@" || { apt-get update && apt-get install -y --no-install-recommends "$@"; }) >/dev/null && return 0
  fi
  if has apt-get; then say "needed: sudo apt-get install $*"
  elif has brew; then say "needed: brew install python@3.13 git"
  else say "needed, by your system's package manager: $*"
  fi
  return 1
}

[ -n "$(find_python)" ] || packages python3 python3-venv || exit 1
python=$(find_python)
[ -n "$python" ] || { say "needed: Python 3.11, 3.12 or 3.13 with venv, e.g. sudo apt-get install python3.11 python3.11-venv"; exit 1; }
has git || packages git || exit 1
has g++ || has clang++ || packages g++ || exit 1

if [ -n "${1:-}" ] && ! has chromium && ! has chromium-browser && ! has google-chrome; then
  packages chromium chromium-driver || { [ -z "${CI:-}" ] && [ "$1" = browser ] || exit 1; say "without it the browser tests are skipped"; }
fi
if [ "${1:-}" = pdf ] && has fc-list && [ -z "$(fc-list :lang=ko)" ]; then
  packages fonts-nanum || exit 1 # letters for Korean, 10 MB
fi

wanted="$(cat pyproject.toml constraints.txt tools/prepare.sh | cksum)"
[ "$(cat .venv/installed 2>/dev/null || true)" = "$wanted" ] && exit 0
say "installing the pinned packages into .venv: about 6 GB on disk, a few minutes"
[ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear .venv
pip() { .venv/bin/python -m pip --quiet --disable-pip-version-check "$@"; }
# tinysoundfont asks for a sound card's library, which rendering to memory does not need.
pip install -c constraints.txt -e '.[book,data,train,bench,dev]' && pip install --no-deps tinysoundfont==0.3.7 || {
  say "installing failed (see above); is the network there? run the same command again to go on"
  exit 1
}
printf '%s\n' "$wanted" > .venv/installed
