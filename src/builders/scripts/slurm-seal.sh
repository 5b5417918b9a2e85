# slurm-seal.sh DIRECTORY MARK RECORD HOW: writes down how Slurm ended a job, unless somebody said so before. With HOW
# `cancel` the job has not started and never will; nothing is written when it just did start. POSIX sh; after processes.sh and slurm.sh.
dir=$1 mark=$2
if [ "$4" = cancel ]; then
  lock "$dir" || exit 1
  if ln -s stopped "$dir/handle" 2>/dev/null; then
    ids=$(active "$dir" "$mark") && [ -n "$ids" ] && scancel $ids
  elif [ "$(readlink "$dir/handle")" != stopped ]; then
    exit 0
  fi
fi
if [ -f "$dir/stopping" ]; then write_exit "$dir" stopped; else write_exit "$dir" "$3"; fi
