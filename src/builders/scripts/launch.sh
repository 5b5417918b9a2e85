# launch.sh DIRECTORY NONCE NICE IONICE JOBID LIMIT LOCAL_TMP SITE_SCRIPT SKIP_TESTS MEMORY
# Unpacks a job, starts its runner, and prints `handle PID:START:BOOT`. IONICE and MEMORY (bytes) may be empty. POSIX sh; after
# unpack.sh.
dir=$1 nonce=$2 nice=$3 ionice=$4 memory=${10}

# scope_of BYTES: the command that runs another one with so much memory, in a scope of systemd; fails where this account may not.
scope_of() {
  for who in --system --user; do
    # A process too many is not the end of all of them; older versions never make it so, and do not know the word.
    for policy in '-p OOMPolicy=continue' ''; do
      scope="systemd-run $who --scope --quiet --collect --no-ask-password -p MemoryMax=$1 -p MemorySwapMax=0 $policy"
      timeout 5 $scope true </dev/null >/dev/null 2>&1 && echo "$scope" && return
    done
  done
  return 1
}
unpack "$dir" "$nonce" || exit 1

if [ ! -L "$dir/handle" ]; then
  shift 4
  scope=
  [ -z "$memory" ] || scope=$(scope_of "$memory")
  setsid nice -n "$nice" ${ionice:+ionice -t -c 2 -n "$ionice"} $scope bash "$dir/run.sh" "$dir" "$@" \
    </dev/null >/dev/null 2>&1 &
  tries=0
  until [ -L "$dir/handle" ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt 1000 ]; then
      echo 'the runner did not start within 10 s' >&2
      exit 1
    fi
    sleep 0.01
  done
fi
echo "handle $(readlink "$dir/handle")"
