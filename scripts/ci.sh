#!/usr/bin/env bash
# Installs what the tests need, runs `npm ci && npm test`, and ends with the line "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.."

report=$(mktemp)
trap 'rm -f "$report"' EXIT

# Real tools that some tests compare us with; tests that lack theirs are skipped, so a machine without apt still passes.
missing=()
command -v etcd >/dev/null || missing+=(etcd-server)
command -v kubectl >/dev/null || missing+=(kubernetes-client)
if [ "${#missing[@]}" -gt 0 ] && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  (apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}") </dev/null >/dev/null 2>&1 ||
    echo "not installed: ${missing[*]}" >&2
fi

npm ci --no-audit --no-fund </dev/null || { echo '0 passed, 1 failed'; exit 1; }

npm test -- --reporter=default --reporter=json --outputFile.json="$report" </dev/null
code=$?

node scripts/summary.mjs "$report" "$code"
exit "$?"
