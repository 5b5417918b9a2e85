# stop.sh DIRECTORY: ends all that belongs to a job; fails when something will not go. POSIX sh; after processes.sh and elsewhere.sh.
dir=$1 mark=$1

# A launch that is still on its way must not start the job later: the runner's place is taken.
mkdir -p "$dir" || exit 1
ln -s stopped "$dir/handle" 2>/dev/null && exit 0
handle=$(readlink "$dir/handle")
[ "$handle" = stopped ] && exit 0
if elsewhere "$dir" "$handle"; then
  [ -f "$dir/exit" ] && exit 0
  echo "the job runs on $host" >&2
  exit 1
fi

# Before the runner is gone: whoever follows the job is to know why.
write_exit "$dir" stopped
runner=${handle%:*} boot=${handle##*:}
if [ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ]; then
  # The runner first, at once: it would start the next thing.
  [ "$(start_time "${runner%%:*}")" = "${runner##*:}" ] && kill -s KILL "${runner%%:*}" 2>/dev/null
  session=
  { read -r session <"$dir/session"; } 2>/dev/null
  reap "$mark" 3 "$runner" ${session:+"$session"} || exit 1
fi
remove_tmp "$dir"
