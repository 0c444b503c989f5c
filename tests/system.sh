#!/bin/sh
# Install the Debian packages that tests in a browser need: Chromium, and a font with Chinese characters.
set -eu
if command -v chromium >/dev/null && fc-list :lang=zh 2>/dev/null | grep -q .; then
    exit 0
fi
as_root=""
[ "$(id -u)" -eq 0 ] || as_root="sudo"
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends chromium fontconfig fonts-noto-cjk >/dev/null
