#!/usr/bin/env bash
# Builds the sdist and the wheel twice, from two copies of the checkout in other places, with other times and modes, and compares
# them byte by byte; then looks into them for what a release must hold.   release_check.sh PYTHON [OUT]
set -euo pipefail
python=$(realpath -s "$1")
root=$(cd "$(dirname "$0")/.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
export PIP_CONSTRAINT="$root/constraints.txt" PIP_BUILD_CONSTRAINT="$root/constraints.txt" PIP_DISABLE_PIP_VERSION_CHECK=1
# the time that archives say their files are of: that of the last commit
SOURCE_DATE_EPOCH=$(git -C "$root" log -1 --format=%ct)
export SOURCE_DATE_EPOCH

build() {  # name of the copy, umask
  mkdir -p "$place/$1"
  (cd "$root" && git ls-files -z | tar --null --files-from=- --create) | (umask "$2" && cd "$place/$1" && tar --extract --touch --no-same-permissions)
  (umask "$2" && "$python" -m build --outdir "$place/$1/dist" "$place/$1" >"$place/$1.log" 2>&1) || { cat "$place/$1.log"; exit 1; }
}
build one 022
build another_place 077

(cd "$place/one/dist" && sha256sum -- *) >"$place/sums"
(cd "$place/another_place/dist" && sha256sum --check "$place/sums")

sdist=$(ls "$place"/one/dist/*.tar.gz) wheel=$(ls "$place"/one/dist/*.whl)
tar --list --gzip --file "$sdist" | sed 's|^[^/]*/||' | sort >"$place/sdist"
"$python" -m zipfile --list "$wheel" | awk '{print $1}' | sort >"$place/wheel"
(cd "$root" && git ls-files -- pipeline sql mappings tests data_samples docs bench) | sort >"$place/wanted"
printf '%s\n' LICENSE NOTICE SECURITY.md CHANGELOG.md README.md Makefile pyproject.toml constraints.txt >>"$place/wanted"
missing=$(sort "$place/wanted" | comm -23 - "$place/sdist")
test -z "$missing" || { echo "release-check: not in the sdist: $missing"; exit 1; }
for name in pipeline/cli.py pipeline/_data/sql/6_export/worklist.sql pipeline/_data/mappings/carc.csv licenses/LICENSE licenses/NOTICE; do
  grep -q "$name" "$place/wheel" || { echo "release-check: not in the wheel: $name"; exit 1; }
done
if [ $# -gt 1 ]; then mkdir -p "$2" && cp "$sdist" "$wheel" "$2"; fi
echo "release-check: two builds are byte-identical, and whole"
