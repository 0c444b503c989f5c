#!/bin/sh
# Lock what CI installs: every version, and the SHA-256 of every file, for Python 3.10 to 3.13 on any system.
# Run it after a change of pyproject.toml or build.in, or with --upgrade for newer versions (`pip install -e '.[lock]'` first).
set -eu
cd "$(dirname "$0")/.."
export UV_CUSTOM_COMPILE_COMMAND="sh requirements/lock.sh"
lock="uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-emit-find-links"
$lock pyproject.toml --extra dev "$@" -o requirements/ci.txt
$lock requirements/build.in -c requirements/ci.txt "$@" -o requirements/build.txt
