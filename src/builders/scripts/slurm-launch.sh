# slurm-launch.sh DIRECTORY NONCE MARK LIMIT LOCAL_TMP SITE_SCRIPT SKIP_TESTS SBATCH-OPTION…
# Unpacks a job, submits it, and prints `handle slurm:ID:LIMIT`; ends with code 65 and the words of an sbatch that did not
# take it. POSIX sh; after processes.sh, unpack.sh and slurm.sh.
dir=$1 nonce=$2 mark=$3 limit=$4 local_tmp=$5 site_script=$6 skip_tests=$7
shift 7
unpack "$dir" "$nonce" && lock "$dir" && adopt "$dir" "$mark" || exit 1

if [ ! -L "$dir/handle" ] && [ ! -f "$dir/submitted" ]; then
  # From here on there may be a job, whether or not we hear of it.
  printf '%s\n' "$limit" >"$dir/asked.new" && mv -f "$dir/asked.new" "$dir/asked" || exit 1
  # The job gets this environment and no more. `--export=NIL` would do, but older versions start a login shell for it.
  answer=$(env -i PATH="$PATH" HOME="$HOME" USER="$(id -un)" LOGNAME="$(id -un)" SHELL="${SHELL:-/bin/sh}" \
    ${LANG:+"LANG=$LANG"} ${LD_LIBRARY_PATH:+"LD_LIBRARY_PATH=$LD_LIBRARY_PATH"} ${SLURM_CONF:+"SLURM_CONF=$SLURM_CONF"} \
    sbatch "$@" --export=ALL --parsable --job-name="$mark" --comment="$mark" --time=$(((limit + 59) / 60)) \
    --chdir="$dir/work" --input=/dev/null --output=slurm-%j.out --open-mode=append --no-requeue \
    "$dir/run.sh" "$dir" '' "$limit" "$local_tmp" "$site_script" "$skip_tests" 9>&-) || exit 65
  id=$(printf '%s\n' "$answer" | tail -n 1)
  id=${id%%;*}
  case $id in *[!0-9]* | '') echo "sbatch answered \"$answer\"" >&2 && exit 1 ;; esac
  submitted "$dir" "$id" || exit 1
fi
echo "handle $(known "$dir")"
