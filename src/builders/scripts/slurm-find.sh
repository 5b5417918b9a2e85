# slurm-find.sh DIRECTORY MARK: prints `handle slurm:ID:LIMIT`, or `handle ` when there is no job. POSIX sh; after slurm.sh.
if [ -d "$1" ]; then
  lock "$1" && adopt "$1" "$2" || exit 1
fi
echo "handle $(known "$1")"
