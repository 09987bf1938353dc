#!/usr/bin/env bash
# Installs what `npm run test:all` needs beyond npm, from Debian: nats-server for the conformance suite and, with
# --browser, chromium and fonts for the dashboard tests. Safe to run again: what is there is left alone.
set -euo pipefail

usage="usage: scripts/install-test-servers.sh [--browser]"
browser=no
for argument in "$@"; do
  case "$argument" in
    --browser) browser=yes ;;
    *) echo "$usage" >&2; exit 2 ;;
  esac
done

# Debian puts servers into /usr/sbin, which is not in everybody's PATH.
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

is_installed() {
  [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
command -v nats-server >/dev/null || missing+=(nats-server)
if [ "$browser" = yes ]; then
  command -v chromium >/dev/null || missing+=(chromium)
  is_installed fonts-noto-cjk || missing+=(fonts-noto-cjk)
fi

if [ "${#missing[@]}" -eq 0 ]; then
  echo "test servers: everything is installed"
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "test servers: no apt-get here; install by hand: ${missing[*]}" >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "test servers: missing ${missing[*]}; run as root: sudo $0 $*" >&2
  exit 1
fi

# Debian would start nats-server as a service on 4222, the port `coinpilot up` likes; a policy of 101 says no.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
fi

log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  cat "$log" >&2
  rm -f "$log"
  echo "test servers: could not install ${missing[*]}" >&2
  exit 1
fi
rm -f "$log"
echo "test servers: installed ${missing[*]}"
