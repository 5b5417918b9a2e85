# slurm-fate.sh ID MARK: what Slurm remembers of a job that has left the queue: `scontrol …` and, where there is accounting,
# `sacct ID|STATE|NODES|WORKING DIRECTORY` lines. POSIX sh.
scontrol --oneliner show job "$1" 2>/dev/null | sed 's/^/scontrol /'
sacct --noheader --parsable2 --allocations --starttime=now-30days --name="$2" --format=JobIDRaw,State,NodeList,WorkDir \
  2>/dev/null | sed 's/^/sacct /'
exit 0
