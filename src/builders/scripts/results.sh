# results.sh DIRECTORY JOBID LIMIT TAIL
# Prints `NAME CONTENT` for each file that is there, in base64: result, test, steps (their first LIMIT bytes), log (its
# last TAIL bytes). The job may have put anything in their place: only regular files are read. POSIX sh.
work=$1/work

# Slurm's own id, where the job was started by it: it may be another than the one it was submitted with.
case $(readlink "$1/handle") in
  slurm:*)
    id=$(readlink "$1/handle" | cut -d : -f 2)
    case $id in *[!0-9]* | '') ;; *) set -- "$1" "$id" "$3" "$4" ;; esac
    ;;
esac

# show NAME FILE COMMAND…
show() {
  [ -f "$2" ] && [ ! -L "$2" ] && [ ! -L "$work" ] || return 0
  printf '%s ' "$1"
  file=$2
  shift 2
  "$@" "$file" | base64 -w 0
  echo
}

show result "$work/_bot_job$2.result" head -c "$3"
show test "$work/_bot_job$2.test" head -c "$3"
show steps "$1/steps" head -c "$3"
show log "$work/slurm-$2.out" tail -c "$4"
