# remove.sh DIRECTORY: removes the directory of a job that has ended. POSIX sh.
# First it gets another name: what is half removed is no job any more, and the next try goes on with it.
gone=$1.removed
if [ -L "$1" ] || [ -L "$gone" ]; then
  echo 'a link is in the place of the directory' >&2
  exit 1
fi
# A job may leave folders that are closed even to their owner.
clear_away() {
  [ -e "$gone" ] || return 0
  rm -rf --one-file-system "$gone" 2>/dev/null || { chmod -R u+rwX "$gone" && rm -rf --one-file-system "$gone"; }
}
clear_away || exit 1
[ ! -e "$1" ] || { mv -T "$1" "$gone" && clear_away; }
