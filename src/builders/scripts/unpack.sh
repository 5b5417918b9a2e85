# unpack DIRECTORY NONCE: a job's directory from the tar on standard input. POSIX sh.
# An earlier launch that was cut off may have done it already, and another one may be doing it right now.
unpack() {
  [ -e "$1" ] && return 0
  new=$1.new-$2 ours=$1.new-$2/work/.stratobot-$2
  trap 'rm -rf "$new"' EXIT
  unpack_new "$1" || [ -e "$1" ] || return 1
  # Another launch may be writing in one of them right now; it takes its own away.
  rm -rf "$1".new-* 2>/dev/null || :
}

# Two archives, one after the other (-i): the pull request's tree, then our own files in a folder nobody could foresee.
# Without run.sh, the last of them, the stream broke off. Names that are ours are taken from the tree, for any job id.
unpack_new() {
  mkdir -p "$new/work" &&
    tar -x -i --no-same-owner -f - -C "$new/work" &&
    if [ ! -f "$ours/run.sh" ]; then
      echo 'the job did not arrive whole' >&2
      return 1
    fi &&
    find "$new/work" -mindepth 1 -maxdepth 1 \( -name cfg -o -name '_bot_job*' -o -name 'slurm-*.out' \) \
      -exec rm -rf {} + &&
    mv "$ours/cfg" "$new/work/cfg" &&
    mv "$ours/metadata" "$ours/steps.sh" "$ours/run.sh" "$new/" &&
    rmdir "$ours" &&
    mv -T "$new" "$1"
}
