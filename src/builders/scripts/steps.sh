# steps.sh CONTROL JOBID LOCAL_TMP SITE_SCRIPT SKIP_TESTS
# The job itself, in its working directory. bash. Names are long: scripts of the site and of the pull request follow.
stratobot_control=$1 stratobot_job=$2 stratobot_local_tmp=$3 stratobot_site_script=$4 stratobot_skip_tests=$5
readonly stratobot_control stratobot_job stratobot_local_tmp stratobot_site_script stratobot_skip_tests
set --

# Puts in $NAME and ${NAME}, and nothing else: a path of the configuration is not a program.
stratobot_expand() {
  local rest=$1 done= name
  while [[ $rest =~ ^([^$]*)\$(\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))(.*)$ ]]; do
    rest=${BASH_REMATCH[5]}
    name=${BASH_REMATCH[3]}${BASH_REMATCH[4]}
    done+=${BASH_REMATCH[1]}${!name}
  done
  printf '%s' "$done$rest"
}

stratobot_give_up() {
  printf 'stratobot: %s\n' "$1"
  exit 125
}

# Runs bot/NAME.sh, executable or not, and records its exit code; 127 and no record when there is none.
stratobot_step() {
  if [[ ! -f bot/$1.sh ]]; then
    printf 'stratobot: there is no bot/%s.sh\n' "$1"
    return 127
  fi
  bash "bot/$1.sh"
  local code=$?
  printf '%s %d\n' "$1" "$code" >>"$stratobot_control/steps"
  return "$code"
}

[[ $stratobot_skip_tests == yes ]] && export SKIP_TESTS=yes
. cfg/export_vars.sh

if [[ -n $stratobot_local_tmp ]]; then
  TMPDIR=$(stratobot_expand "$stratobot_local_tmp")
  mkdir -p "$TMPDIR" && TMPDIR=$(mktemp -d "$TMPDIR/stratobot-b$stratobot_job.XXXXXXXX") ||
    stratobot_give_up "no temporary folder can be made in $stratobot_local_tmp"
  export TMPDIR
  printf '%s\n' "$TMPDIR" >"$stratobot_control/tmpdir"
fi

if [[ -n $stratobot_site_script ]]; then
  [[ -r $stratobot_site_script ]] || stratobot_give_up "the site's script $stratobot_site_script cannot be read"
  . "$stratobot_site_script"
  cd "$stratobot_control/work" || exit 125
fi

# Whether there is anything to test: see docs/adr/0011-tests-of-what-was-built.md.
stratobot_is_built() {
  [[ $stratobot_code == 0 ]] ||
    grep -Eiqs '^[[:space:]]*status[[:space:]]*[=:][[:space:]]*SUCCESS[[:space:]]*$' "_bot_job$stratobot_job.result"
}

stratobot_step build
stratobot_code=$?
stratobot_step check-build
if [[ ${SKIP_TESTS:-} != yes && -f bot/test.sh ]] && stratobot_is_built; then
  stratobot_step test
  stratobot_step check-test
fi
exit "$stratobot_code"
