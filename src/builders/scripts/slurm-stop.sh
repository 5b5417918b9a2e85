# slurm-stop.sh DIRECTORY MARK: ends a job of Slurm; fails when it will not go or Slurm cannot be asked. POSIX sh; after
# processes.sh and slurm.sh.
dir=$1 mark=$2

# A job that has not started yet finds its place taken.
mkdir -p "$dir" && lock "$dir" || exit 1
ln -s stopped "$dir/handle" 2>/dev/null
if [ -f "$dir/asked" ]; then
  : >"$dir/stopping"
  rounds=60
  while ids=$(active "$dir" "$mark") || exit 1; [ -n "$ids" ]; do
    # Again and again: a controller that was just restarted may have forgotten.
    scancel $ids || exit 1
    rounds=$((rounds - 1))
    [ "$rounds" -gt 0 ] || exit 1
    sleep 1
  done
fi
write_exit "$dir" stopped
