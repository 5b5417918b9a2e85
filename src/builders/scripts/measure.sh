# measure.sh WORK NAME: `measured BYTES SHA256` of a file that the job left in its working directory. POSIX sh.
if [ -L "$1" ] || [ -L "$1/$2" ] || [ ! -f "$1/$2" ]; then
  echo "$2 is not a regular file in the job's directory" >&2
  exit 66
fi
sha256=$(sha256sum <"$1/$2") && echo "measured $(stat -c %s "$1/$2") ${sha256%% *}"
