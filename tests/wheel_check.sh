#!/usr/bin/env bash
# Builds the wheel, installs it in an empty environment elsewhere, and runs the sample night there: an installed remit835 must
# find its sql/ and mappings/ without the checkout.   wheel_check.sh PYTHON
set -euo pipefail
python=$(realpath -s "$1")
root=$(cd "$(dirname "$0")/.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
export PIP_CONSTRAINT="$root/constraints.txt" PIP_BUILD_CONSTRAINT="$root/constraints.txt" PIP_DISABLE_PIP_VERSION_CHECK=1

"$python" -m build --wheel --outdir "$place/dist" "$root" >"$place/build.log" 2>&1 || { cat "$place/build.log"; exit 1; }
"$python" -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet "$place"/dist/*.whl
cp -r "$root/data_samples/inbox" "$place/inbox"
cd "$place"
code=0
"$place/venv/bin/remit835" run inbox --warehouse warehouse --as-of 2026-11-20 || code=$?
test "$code" -eq 3 || { echo "wheel-check: exit $code, expected 3 (files in quarantine)"; exit 1; }
test -s warehouse/worklist/worklist.csv
echo "wheel-check: an installed wheel runs the sample night"
