# space.sh DIRECTORY: `space TOTAL FREE`, the KiB of the file system that the jobs' folder is on, or will be. POSIX sh.
dir=$1
until [ -d "$dir" ]; do
  dir=$(dirname "$dir")
done
df -P -k "$dir" | { read -r _ && read -r _ total _ free _ && echo "space $total $free"; }
