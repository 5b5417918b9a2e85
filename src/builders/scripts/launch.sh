# launch.sh DIRECTORY NONCE NICE JOBID LIMIT LOCAL_TMP SITE_SCRIPT SKIP_TESTS
# Unpacks a job, starts its runner, and prints `handle PID:START:BOOT`. POSIX sh; after unpack.sh.
dir=$1 nonce=$2 nice=$3
unpack "$dir" "$nonce" || exit 1

if [ ! -L "$dir/handle" ]; then
  shift 3
  setsid nice -n "$nice" bash "$dir/run.sh" "$dir" "$@" </dev/null >/dev/null 2>&1 &
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
