# elsewhere DIRECTORY HANDLE: whether another machine, which shares the folder, runs or ran the job. Told by the host's name: it outlives a
# restart, which the machine-id of a node without a disk does not. POSIX sh.
elsewhere() {
  { read -r host <"$1/host-$2"; } 2>/dev/null && [ "$host" != "$(uname -n)" ]
}
