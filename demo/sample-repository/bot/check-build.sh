#!/usr/bin/env bash
# Judges the log of the build and writes the result file the bot reads.
. bot/settings.sh
status=SUCCESS
lines=""
note() { lines="$lines$1 $2<br/>"; [ "$1" = ":x:" ] && status=FAILURE; return 0; }

if grep -q '^ERROR: ' "$LOG"; then
  note ":x:" "found message matching <code>ERROR: </code>"
else
  note ":white_check_mark:" "no message matching <code>ERROR: </code>"
fi
if grep -q 'No missing installations' "$LOG"; then
  note ":white_check_mark:" "found message(s) matching <code>No missing installations</code>"
else
  note ":x:" "no message matching <code>No missing installations</code>"
fi
artefacts=""
[ "$status" = SUCCESS ] && artefacts=$(sed -n 's/^\(eessi-[^ ]*\.tar\.[a-z]*\) created!$/\1/p' "$LOG" | tail -n 1)
[ "$status" = SUCCESS ] && [ -z "$artefacts" ] && note ":x:" "no tarball was created"

{
  echo "[RESULT]"
  echo "comment_description = <details><summary>$status</summary><dl><dt>_Details_</dt><dd>${lines//%/%%}</dd></dl></details>"
  echo "status = $status"
  echo "artefacts = "
  for name in $artefacts; do echo "    $name"; done
} > "_bot_job$SLURM_JOB_ID.result"
