#!/usr/bin/env bash
# Runs `npm ci && npm test` and ends with the line "N passed, N failed". The suite needs nothing but Node: what compares us
# with real programs (npm run test:etcd) is not part of it.
set -uo pipefail
cd "$(dirname "$0")/.."

report=$(mktemp)
trap 'rm -f "$report"' EXIT

npm ci --no-audit --no-fund </dev/null || { echo '0 passed, 1 failed'; exit 1; }

npm test -- --reporter=default --reporter=json --outputFile.json="$report" </dev/null
code=$?

node scripts/summary.mjs "$report" "$code"
exit "$?"
