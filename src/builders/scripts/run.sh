# run.sh DIRECTORY JOBID LIMIT MARK LOCAL_TMP SITE_SCRIPT SKIP_TESTS
# The runner of a job, detached: keeps the time limit, cleans up, and leaves `exit` behind. bash; after processes.sh.
cd "$1" || exit 1
control=$PWD job=$2 limit=$3 mark=$4

# A link is made once, and whole: of several runners the one that makes it is the job, the others go.
ln -s "$$:$(start_time $$):$(cat /proc/sys/kernel/random/boot_id)" handle || exit 0

log=$control/work/slurm-$job.out
sleep "$limit" &
timer=$!
cd work || exit 1
SLURM_JOB_ID=$job STRATOBOT_BUILD=$mark setsid bash "$control/steps.sh" "$control" "$job" "${@:5}" \
  </dev/null >>"$log" 2>&1 &
steps=$!
session=$steps:$(start_time $steps)
echo "$session" >"$control/session"

wait -n "$steps" "$timer"
if kill -0 "$steps" && ! kill -0 "$timer"; then
  echo "stratobot: stopped, the time limit of $limit seconds is over" >>"$log"
  outcome="timed-out $limit" grace=10
else
  wait "$steps"
  outcome="exited $?" grace=3
  kill "$timer"
fi
reap "$mark" "$grace" "$session"
remove_tmp "$control"
write_exit "$control" "$outcome"
