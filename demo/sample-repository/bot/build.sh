#!/usr/bin/env bash
# Builds what the pull request adds and packs it into one tarball.
set -euo pipefail
. bot/settings.sh

# Flags for the CPU that is built for; a compiler for another architecture is used where the machine has one.
CC=gcc
case "$SUBDIR" in
  x86_64/amd/zen[2-5]) FLAGS=(-O3 "-march=znver${SUBDIR##*zen}") ;;
  x86_64/intel/*)      FLAGS=(-O3 "-march=${SUBDIR##*/}") ;;
  x86_64/generic)      FLAGS=(-O2 -march=x86-64 -mtune=generic) ;;
  aarch64/neoverse_*)  FLAGS=(-O3 "-mcpu=neoverse-${SUBDIR##*_}") ;;
  aarch64/generic)     FLAGS=(-O2 -march=armv8-a) ;;
  *) echo "ERROR: no compiler flags are known for $SUBDIR"; exit 1 ;;
esac
wanted=${SUBDIR%%/*}
if [ "$(uname -m)" != "$wanted" ]; then
  if command -v "$wanted-linux-gnu-gcc" >/dev/null; then
    CC="$wanted-linux-gnu-gcc"
  else
    echo "note: this node emulates $wanted; its own compiler takes ${FLAGS[*]} for -O2"
    FLAGS=(-O2 "-DEMULATED_TARGET=\"$SUBDIR\"")
  fi
fi

STAGE=$(mktemp -d "${TMPDIR:-/tmp}/stage-XXXXXX")
trap 'rm -rf "$STAGE"' EXIT
names=$(added_easyconfigs)
[ -n "$names" ] || { echo "ERROR: the pull request adds no easyconfig"; exit 1; }

for full in $names; do
  name=${full%-*} version=${full##*-} source="sources/$full"
  [ -d "$source" ] || { echo "ERROR: build of $full.eb failed: no sources in $source"; exit 1; }
  echo "== building and installing $name/$version ..."
  install="$STAGE/$PREFIX/software/$name/$version"
  mkdir -p "$install/bin" "$install/include" "$STAGE/$PREFIX/modules/all/$name" "$STAGE/$PREFIX/reprod/$name/$version"
  set -x
  "$CC" "${FLAGS[@]}" -Wall -o "$install/bin/$name" "$source"/*.c
  { set +x; } 2>/dev/null
  find "$source" -name '*.h' -exec cp {} "$install/include/" \;
  printf 'help([[%s %s]])\nprepend_path("PATH", "/cvmfs/software.eessi.io/versions/%s/software/%s/%s")\n' \
    "$name" "$version" "$PREFIX" "$name/$version" bin > "$STAGE/$PREFIX/modules/all/$name/$version.lua"
  printf 'name = "%s"\nversion = "%s"\n' "$name" "$version" > "$STAGE/$PREFIX/reprod/$name/$version/$full.eb"
  echo "== COMPLETED: Installation of $full.eb ended successfully"
done
echo "No missing installations"

dashed=$(printf '%s' "$SUBDIR${ACCELERATOR:+/accel/$ACCELERATOR}" | tr / -)
base="eessi-$VERSION-software-$OS-$dashed-$(date +%s)"
if command -v zstd >/dev/null; then
  tar -C "$STAGE" -cf - "$VERSION" | zstd -q -T1 > "$base.tar.zst"
  echo "$base.tar.zst created!"
else
  tar -C "$STAGE" -czf "$base.tar.gz" "$VERSION"
  echo "$base.tar.gz created!"
fi
