# observe.sh CHUNK [DIRECTORY HANDLE LOG OFFSET]…
# For each job one line: `STATE SIZE CHUNK`. STATE is `running`, the words of its exit file joined by `:`, or `lost:WHY`;
# SIZE the bytes of its log; CHUNK the next of them from OFFSET, at most CHUNK bytes, in base64. POSIX sh.
chunk=$1
shift
boot=$(cat /proc/sys/kernel/random/boot_id)

# Sets `state` from the exit file; fails when there is none.
ended() {
  [ -f "$1/exit" ] || return 1
  read -r how detail <"$1/exit"
  state=$how${detail:+:$detail}
}

# Whether the runner is there: same boot, same pid, same start.
running() {
  [ "${1##*:}" = "$boot" ] || return 1
  { read -r stat <"/proc/${1%%:*}/stat"; } 2>/dev/null || return 1
  start=${1#*:} stat=${stat##*) }
  start=${start%%:*}
  case $stat in Z* | X*) return 1 ;; esac
  set -- $stat
  [ "${20}" = "$start" ]
}

while [ $# -ge 4 ]; do
  dir=$1 handle=$2 log=$3 offset=$4
  shift 4
  # The end is looked at before the log: once there is one the log is complete.
  if ended "$dir"; then :
  elif running "$handle"; then state=running
  elif ended "$dir"; then : # it ended between the two looks
  elif [ "${handle##*:}" != "$boot" ]; then state=lost:rebooted
  else state=lost:gone
  fi
  size=0
  [ -f "$log" ] && [ ! -L "$log" ] && size=$(stat -c %s "$log")
  printf '%s %s ' "$state" "$size"
  [ "$size" -gt "$offset" ] && tail -c +$((offset + 1)) "$log" | head -c "$chunk" | base64 -w 0
  echo
done
