# find.sh DIRECTORY: prints `handle PID:START:BOOT`, or `handle ` when there is no job. POSIX sh.
echo "handle $(readlink "$1/handle")"
