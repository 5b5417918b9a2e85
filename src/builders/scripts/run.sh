# run.sh DIRECTORY JOBID LIMIT LOCAL_TMP SITE_SCRIPT SKIP_TESTS
# The runner of a job, detached: keeps the time limit, cleans up, and leaves `exit` behind. JOBID is empty for a job of
# Slurm, which gives it its own. bash; after processes.sh.
cd "$1" && exec >/dev/null 2>&1 || exit 1
# Its processes carry the directory as their mark: it is the job's alone, whoever else runs jobs on this machine.
control=$PWD job=${2:-$SLURM_JOB_ID} limit=$3 mark=$1

# A link is made once, and whole: of several runners the one that makes it is the job, the others go. Slurm may start a
# job a second time, when a node or its controller came back without memory.
if [[ -n $2 ]]; then
  handle=$$:$(start_time $$):$(cat /proc/sys/kernel/random/boot_id)
else
  handle=slurm:$job:$limit
fi
if ! ln -s "$handle" handle; then
  printf '%s %s\n' "$job" "$(uname -n)" >>again
  exit 0
fi
mv metadata "work/_bot_job$job.metadata"

# Slurm says TERM to all processes of a job that must go, and knows itself why.
told=
trap 'told=to-go' TERM

log=$control/work/slurm-$job.out
killed_before=$(oom_kills)
sleep "$limit" &
timer=$!
cd work || exit 1
SLURM_JOB_ID=$job STRATOBOT_BUILD=$mark setsid bash "$control/steps.sh" "$control" "$job" "${@:4}" \
  </dev/null >>"$log" 2>&1 &
steps=$!
session=$steps:$(start_time $steps)
echo "$session" >"$control/session"

wait -n "$steps" "$timer"
sleep 0.1 # the steps may have heard it before us
if [[ -n $told ]]; then
  outcome='' grace=1 # Slurm's KILL comes next, for us as well
  kill "$timer"
elif kill -0 "$steps" && ! kill -0 "$timer"; then
  echo "stratobot: stopped, the time limit of $limit seconds is over" >>"$log"
  outcome="timed-out $limit" grace=10
else
  wait "$steps"
  outcome="exited $?" grace=3
  kill "$timer"
  killed=$(oom_kills)
  # A compiler that was killed tells its build of an error, and nobody of the reason.
  ((${killed:-0} <= ${killed_before:-0})) ||
    echo "stratobot: out of memory, the kernel killed $((killed - killed_before)) process(es) of the job" >>"$log"
fi
reap "$mark" "$grace" "$session"
remove_tmp "$control"
[[ -n $outcome ]] || exit 143
write_exit "$control" "$outcome"
