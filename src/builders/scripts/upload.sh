# upload.sh WORK NAME PART_BYTES: sends a file in parts to the addresses on its input, one in a line; prints `etag TAG` for
# each. An address is as good as a key: it goes to curl through a pipe, never in an argument that others see. bash.
if [[ -L $1 || -L $1/$2 || ! -f $1/$2 ]]; then
  echo "$2 is not a regular file in the job's directory" >&2
  exit 66
fi
send() {
  dd if="$1" bs="$3" skip="$4" count=1 iflag=fullblock status=none |
    curl -q -sS --fail --connect-timeout 20 --speed-time 120 --speed-limit 1 -X PUT -H 'Content-Type:' -H 'Expect:' \
      --data-binary @- -o /dev/null -D - -K <(printf 'url = "%s"\n' "$2")
}
part=0
while IFS= read -r address; do
  etag=
  for _ in 1 2 3; do
    etag=$(send "$1/$2" "$address" "$3" "$part" | tr -d '\r' | sed -n 's/^[Ee][Tt][Aa][Gg]: *\("[^"]*"\)$/\1/p' | tail -n 1)
    [[ -z $etag ]] || break
  done
  if [[ -z $etag ]]; then
    echo "part $((part + 1)) of $2 was not taken" >&2
    exit 75
  fi
  echo "etag $etag"
  part=$((part + 1))
done
