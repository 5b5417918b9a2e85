# observe.sh CHUNK [DIRECTORY HANDLE LOG OFFSET]…
# For each job one line: `STATE SIZE CHUNK`. STATE is `running`, the exit file's text with a `:` after the first word, or
# `elsewhere`, or `lost:WHY`; SIZE the bytes of its log; CHUNK the next of them from OFFSET, at most CHUNK bytes, in base64. A job of
# Slurm (HANDLE `slurm:…`) that has no exit file is `waiting`, `running`, `again` after a second start, or `stopped`.
# POSIX sh; after elsewhere.sh.
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

# Opening a folder makes a shared file system look again.
look_again() {
  for entry in "$1"/*; do break; done
}

# Sets `state`, and `log` by the id that the job was started with, from the directory alone: where it runs is not here.
of_slurm() {
  look_again "$1"
  claim=$(readlink "$1/handle")
  id=${claim#slurm:}
  id=${id%%:*}
  case $id in *[!0-9]* | '') ;; *) log=$1/work/slurm-$id.out ;; esac
  if ended "$1"; then return; fi
  case $claim in
    '') state=waiting ;;
    stopped) state=stopped ;;
    *) if [ -f "$1/again" ]; then state=again; else state=running; fi ;;
  esac
}

while [ $# -ge 4 ]; do
  dir=$1 handle=$2 log=$3 offset=$4
  shift 4
  # The end is looked at before the log: once there is one the log is complete.
  if [ "${handle%%:*}" = slurm ]; then of_slurm "$dir"
  elif ended "$dir"; then :
  elif running "$handle"; then state=running
  elif look_again "$dir" && ended "$dir"; then : # it ended between the two looks
  elif elsewhere "$dir" "$handle"; then state=elsewhere
  elif [ "${handle##*:}" != "$boot" ]; then state=lost:rebooted
  else state=lost:gone
  fi
  size=0
  [ -f "$log" ] && [ ! -L "$log" ] && size=$(stat -c %s "$log")
  printf '%s %s ' "$state" "$size"
  [ "$size" -gt "$offset" ] && tail -c +$((offset + 1)) "$log" | head -c "$chunk" | base64 -w 0
  echo
done
