# Functions about jobs of Slurm; put before the scripts that need them. POSIX sh; after processes.sh.
# A job's name says which build it is for, its working directory proves it. Its id proves nothing: a controller that lost
# its memory gives ids again.

# in_queue NAMES: our jobs that Slurm remembers, also some that have ended: ID|STATE|SUBMITTED|REASON|WORKING DIRECTORY
in_queue() {
  squeue --noheader --states=all --user="$(id -u)" --name="$1" --format='%i|%T|%V|%r|%Z'
}

# jobs_of DIRECTORY MARK: those of one build, the newest last.
jobs_of() {
  queue=$(in_queue "$2") || return 1
  printf '%s\n' "$queue" | while IFS= read -r row; do
    case $row in *"|$1/work") printf '%s\n' "$row" ;; esac
  done | sort -n
}

# active DIRECTORY MARK: the ids of those that have not ended.
active() {
  jobs=$(jobs_of "$1" "$2") || return 1
  printf '%s\n' "$jobs" | grep -E '^[0-9]+\|(PENDING|CONFIGURING|RUNNING|COMPLETING|SUSPENDED|STOPPED|RESIZING|SIGNALING|STAGE_OUT|REQUEUED|REQUEUE_FED|REQUEUE_HOLD|SPECIAL_EXIT|RESV_DEL_HOLD)\|' | cut -d '|' -f 1
}

# lock DIRECTORY: until this script ends; whoever dies leaves it. Submitting twice, or while another stops it, is avoided.
lock() {
  exec 9>"$1/lock" && flock -w 60 9 && return 0
  echo 'another command is busy with this job' >&2
  return 1
}

# known DIRECTORY: the job's handle; nothing when there is no job, or it was stopped before it started.
known() {
  claim=$(readlink "$1/handle")
  case $claim in
    '') [ ! -f "$1/submitted" ] || cat "$1/submitted" ;;
    slurm:*) printf '%s\n' "$claim" ;;
  esac
}

# adopt DIRECTORY MARK: finds the job of an sbatch whose answer was lost; fails when Slurm cannot be asked.
adopt() {
  [ -f "$1/asked" ] && [ ! -f "$1/submitted" ] && [ ! -L "$1/handle" ] || return 0
  found=$(jobs_of "$1" "$2") || return 1
  id=$(printf '%s\n' "$found" | tail -n 1 | cut -d '|' -f 1)
  [ -z "$id" ] || submitted "$1" "$id"
}

# submitted DIRECTORY ID: writes down what sbatch answered.
submitted() {
  printf 'slurm:%s:%s\n' "$2" "$(cat "$1/asked")" >"$1/submitted.new" && mv -f "$1/submitted.new" "$1/submitted"
}
