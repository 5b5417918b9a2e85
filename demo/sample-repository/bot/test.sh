#!/usr/bin/env bash
# Runs what was built, where this machine can.
. bot/settings.sh
tarball=$(ls eessi-*.tar.* 2>/dev/null | tail -n 1)
[ -n "$tarball" ] || { echo "no tarball to test"; exit 1; }
dir=$(mktemp -d "${TMPDIR:-/tmp}/test-XXXXXX")
trap 'rm -rf "$dir"' EXIT
case "$tarball" in
  *.zst) zstd -dcq "$tarball" | tar -C "$dir" -xf - ;;
  *)     tar -C "$dir" -xzf "$tarball" ;;
esac
total=0 failed=0
for module in "$dir/$PREFIX"/modules/all/*/*.lua; do
  version=$(basename "$module" .lua) name=$(basename "$(dirname "$module")")
  total=$((total + 1))
  binary="$dir/$PREFIX/software/$name/$version/bin/$name"
  out=$("$binary" 2>/dev/null)
  code=$?
  # 126: built for another architecture, 132: for a newer CPU; such a binary cannot be run here, only built
  if [ "$code" = 126 ] || [ "$code" = 132 ]; then code=0 out="built for $SUBDIR, which this node is not"; fi
  if [ "$code" = 0 ]; then
    echo "[       OK ] ($total) $name/$version: $out"
  else
    failed=$((failed + 1))
    echo "[     FAIL ] ($total) $name/$version"
  fi
done
if [ "$failed" -eq 0 ]; then verdict='  PASSED  '; else verdict='  FAILED  '; fi
echo "[$verdict] Ran $total/$total test case(s) from $total check(s) ($failed failure(s), 0 skipped, 0 aborted)"
exit "$failed"
