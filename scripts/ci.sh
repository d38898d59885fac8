#!/usr/bin/env bash
# Installs the real programs that tests compare us with, runs `npm ci && npm test`, and ends with the line
# "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.."

report=$(mktemp)
trap 'rm -f "$report"' EXIT

missing=()
command -v kubectl >/dev/null || missing+=(kubernetes-client)
command -v etcd >/dev/null || missing+=(etcd-server)
python3 -c 'import kubernetes' 2>/dev/null || missing+=(python3-kubernetes)
if [ "${#missing[@]}" -gt 0 ] && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  (apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}") </dev/null >/dev/null 2>&1 ||
    echo "could not install: ${missing[*]}" >&2
fi

npm ci --no-audit --no-fund </dev/null || { echo '0 passed, 1 failed'; exit 1; }

npm test -- --reporter=default --reporter=json --outputFile.json="$report" </dev/null
code=$?

node scripts/summary.mjs "$report" "$code"
exit "$?"
