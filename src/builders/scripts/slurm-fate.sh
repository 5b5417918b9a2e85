# slurm-fate.sh ID MARK DIRECTORY: what Slurm remembers of a job that has left the queue: `scontrol …` and, where there is
# accounting, `sacct ID|STATE|NODES|WORKING DIRECTORY` lines; `memory` where the job's log ends with Slurm's word that it was killed for
# its memory, of which scontrol knows nothing. POSIX sh.
scontrol --oneliner show job "$1" 2>/dev/null | sed 's/^/scontrol /'
sacct --noheader --parsable2 --allocations --starttime=now-30days --name="$2" --format=JobIDRaw,State,NodeList,WorkDir \
  2>/dev/null | sed 's/^/sacct /'
id=$(readlink "$3/handle")
id=${id#slurm:}
log=$3/work/slurm-${id%%:*}.out
if [ -f "$log" ] && [ ! -L "$log" ]; then
  tail -c 4096 "$log" | grep -Eaqi '^slurmstepd[^ ]*: error: (.*exceeded (job )?memory limit|Detected .*oom.kill)' && echo memory
fi
exit 0
