#!/usr/bin/env bash
# Judges the tests from the log.
. bot/settings.sh
summary=$(grep -E '^\[ +(PASSED|FAILED) +\] Ran ' "$LOG" | tail -n 1)
status=FAILURE
case "$summary" in *PASSED*) status=SUCCESS ;; esac
{
  echo "[TEST]"
  echo "comment_description = <details><summary>$status</summary><dl><dt>_ReFrame Summary_</dt><dd>${summary//%/%%}</dd></dl></details>"
  echo "status = $status"
} > "_bot_job$SLURM_JOB_ID.test"
