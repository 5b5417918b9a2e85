# run.sh DIRECTORY JOBID LIMIT LOCAL_TMP SITE_SCRIPT SKIP_TESTS [MEMORY]
# The runner of a job, detached: keeps the time limit, cleans up, and leaves `exit` behind. JOBID is empty for a job of
# Slurm, which gives it its own. MEMORY is how many bytes its control group should give it. bash; after processes.sh.
cd "$1" && exec >/dev/null 2>&1 || exit 1
# Its processes carry the directory as their mark: it is the job's alone, whoever else runs jobs on this machine.
control=$PWD job=${2:-$SLURM_JOB_ID} limit=$3 mark=$1 memory=${7:-}

# A link is made once, and whole: of several runners the one that makes it is the job, the others go. Slurm may start a
# job a second time, when a node or its controller came back without memory.
if [[ -n $2 ]]; then
  handle=$$:$(start_time $$):$(cat /proc/sys/kernel/random/boot_id)
  # Before there is a job: another machine may share this folder, and find it.
  uname -n >"host-$handle"
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
# Given back in the end: a job that fills the disk still leaves its word.
head -c 65536 /dev/zero >reserve 2>/dev/null
killed_before=$(oom_kills)
[[ -z $memory ]] || memory_within "$memory" ||
  echo "stratobot: the pool's memory limit does not hold here: this account may not use systemd-run, or it sets no limit" >>"$log"
sleep "$limit" &
timer=$!
cd work || exit 1
SLURM_JOB_ID=$job STRATOBOT_BUILD=$mark setsid bash "$control/steps.sh" "$control" "$job" "${@:4:3}" \
  </dev/null >>"$log" 2>&1 &
steps=$!
session=$steps:$(start_time $steps)
echo "$session" >"$control/session"

# bash now and then misses the end of a process that dies just as `wait -n` begins (5.2: once in some ten thousand).
while [[ -z $told ]] && kill -0 "$steps" && kill -0 "$timer"; do
  sleep 5 &
  look=$!
  wait -n "$steps" "$timer" "$look"
  kill "$look"
done
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
room=$(df -k --output=avail "$control" | tail -n 1)
rm -f "$control/reserve"
((${room:-17} > 16)) || echo 'stratobot: the disk of the jobs is full: No space left on device' >>"$log"
[[ -n $outcome ]] || exit 143
write_exit "$control" "$outcome"
