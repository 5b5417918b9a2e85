# launch.sh DIRECTORY NONCE JOBID LIMIT MARK LOCAL_TMP SITE_SCRIPT SKIP_TESTS
# Unpacks a job from the tar on standard input, starts its runner, and prints `handle PID:START:BOOT`. POSIX sh.
# Every step may have been done by an earlier launch that was cut off, or be done by another one right now.
dir=$1 nonce=$2 job=$3
new=$dir.new-$nonce
trap 'rm -rf "$new"' EXIT

# Two archives, one after the other (-i): the pull request's tree, then our own files in a folder nobody could foresee.
# Without run.sh, the last of them, the stream broke off.
unpack() {
  ours=$new/work/.stratobot-$nonce
  mkdir -p "$new/work" &&
    tar -x -i --no-same-owner -f - -C "$new/work" &&
    if [ ! -f "$ours/run.sh" ]; then
      echo 'the job did not arrive whole' >&2
      return 1
    fi &&
    rm -rf "$new/work/cfg" "$new/work/_bot_job$job".* "$new/work/slurm-$job.out" &&
    mv "$ours/cfg" "$new/work/cfg" &&
    mv "$ours/metadata" "$new/work/_bot_job$job.metadata" &&
    mv "$ours/steps.sh" "$ours/run.sh" "$new/" &&
    rmdir "$ours" &&
    mv -T "$new" "$dir"
}

if [ ! -e "$dir" ]; then
  unpack || [ -e "$dir" ] || exit 1
  rm -rf "$dir".new-*
fi

if [ ! -L "$dir/handle" ]; then
  shift 2
  setsid bash "$dir/run.sh" "$dir" "$@" </dev/null >/dev/null 2>&1 &
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
