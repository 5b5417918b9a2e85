# slurm-fate.sh ID MARK DIRECTORY: what Slurm remembers of a job that has left the queue: `scontrol …` and, where there is
# accounting, `sacct ID|STATE|NODES|WORKING DIRECTORY` lines, the one to believe last; `memory` where the job's log ends with Slurm's
# word that it was killed for its memory, of which neither knows. POSIX sh.
scontrol --oneliner show job "$1" 2>/dev/null | sed 's/^/scontrol /'
# An accounting that hangs is not waited for: sacct itself does so for 40 s and more.
limit=
command -v timeout >/dev/null 2>&1 && limit='timeout 15'
accounts() {
  $limit sacct --noheader --parsable2 --allocations "$@" --format=JobIDRaw,State,NodeList,WorkDir 2>/dev/null | sed 's/^/sacct /'
}
# By its id it tells no job that lost its id to another one; by its name none that never became eligible (held, behind another).
accounts --starttime=now-30days --name="$2"
accounts --jobs="$1"
id=$(readlink "$3/handle")
id=${id#slurm:}
log=$3/work/slurm-${id%%:*}.out
if [ -f "$log" ] && [ ! -L "$log" ]; then
  tail -c 4096 "$log" | grep -Eaqi '^slurmstepd[^ ]*: error: (.*exceeded (job )?memory limit|Detected .*oom.kill)' && echo memory
fi
exit 0
