# Functions about the processes of a build; put before the scripts that need them. POSIX sh.

# When a process was started, in clock ticks since the node was booted; fails when it is gone or a zombie.
start_time() {
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  stat=${stat##*) }
  case $stat in Z* | X*) return 1 ;; esac
  set -- $stat
  echo "${20}"
}

# members MARK SESSION…: who belongs to a build, one pid a line. A session is PID:START. Whoever left the sessions still
# carries the mark in its environment.
members() {
  mark=$1
  shift
  {
    for session; do
      now=$(start_time "${session%%:*}") || now=${session##*:}
      # While a member of a session lives its number is not given away; another start means that none does.
      [ "$now" = "${session##*:}" ] && pgrep -s "${session%%:*}" 2>/dev/null
    done
    grep -lzxF "STRATOBOT_BUILD=$mark" /proc/[0-9]*/environ 2>/dev/null | tr -dc '0-9\n'
  } | sort -un | while read -r pid; do
    start_time "$pid" >/dev/null && echo "$pid"
  done
}

# reap MARK GRACE SESSION…: ends all members, with TERM and after GRACE seconds with KILL; fails when one will not go.
reap() {
  reap_mark=$1 rounds=$(($2 * 10))
  shift 2
  pids=$(members "$reap_mark" "$@")
  [ -z "$pids" ] || kill -s TERM $pids 2>/dev/null
  while pids=$(members "$reap_mark" "$@"); [ -n "$pids" ]; do
    rounds=$((rounds - 1))
    [ "$rounds" -gt 0 ] || kill -s KILL $pids 2>/dev/null
    [ "$rounds" -gt -50 ] || return 1
    sleep 0.1
  done
}

# oom_kills: how many processes the kernel has killed because the group of this one (its job, with Slurm or systemd) had used
# up its memory; nothing where that is not known. Control groups of version 2 (`0::/…`) and 1.
oom_kills() {
  while IFS= read -r line; do
    case $line in
      0::*) counts=/sys/fs/cgroup${line#0::}/memory.events ;;
      *:memory:*) counts=/sys/fs/cgroup/memory${line#*:memory:}/memory.oom_control ;;
      *) continue ;;
    esac
    sed -n 's/^oom_kill //p' "$counts" 2>/dev/null
  done </proc/self/cgroup
}

# memory_within BYTES: whether the group of this process may use no more than that.
memory_within() {
  while IFS= read -r line; do
    case $line in
      0::*) most=/sys/fs/cgroup${line#0::}/memory.max ;;
      *:memory:*) most=/sys/fs/cgroup/memory${line#*:memory:}/memory.limit_in_bytes ;;
      *) continue ;;
    esac
    { read -r most <"$most"; } 2>/dev/null || continue
    [ "$most" != max ] && [ "$most" -le "$1" ] && return 0
  done </proc/self/cgroup
  return 1
}

# remove_tmp CONTROL: removes the job's own TMPDIR, where it had one.
remove_tmp() {
  { read -r tmp <"$1/tmpdir"; } 2>/dev/null || return 0
  case $tmp in /*/stratobot-b*) ;; *) return 0 ;; esac
  chmod -R u+rwX "$tmp" 2>/dev/null
  rm -rf "$tmp"
}

# write_exit CONTROL TEXT: how the job ended; whole or not at all, and the first word is the last. mv: where a file system
# knows no links.
write_exit() {
  printf '%s\n' "$2" >"$1/exit.$$" || return 1
  ln -T "$1/exit.$$" "$1/exit" 2>/dev/null || mv -n "$1/exit.$$" "$1/exit"
  rm -f "$1/exit.$$"
}
