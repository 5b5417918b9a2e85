# What the other scripts need to know of the job; sourced by them from the working directory.

# Value of KEY in SECTION of cfg/job.cfg.
setting() {
  awk -F '=' -v section="[$1]" -v key="$2" '
    /^\[/ { inside = ($0 == section) }
    inside { name = $1; gsub(/[ \t]/, "", name)
             if (name == key) { value = $2; gsub(/^[ \t]+|[ \t]+$/, "", value); print value; exit } }
  ' cfg/job.cfg
}

VERSION=$(setting repository repo_version)
SUBDIR=$(setting architecture software_subdir)
OS=$(setting architecture os_type)
ACCELERATOR=$(setting architecture accelerator)
PREFIX="$VERSION/software/$OS/$SUBDIR${ACCELERATOR:+/accel/$ACCELERATOR}"
LOG="slurm-$SLURM_JOB_ID.out"

# The easyconfigs that the pull request adds: lines `+  - name-version.eb` of its diff.
added_easyconfigs() {
  sed -n 's/^+[[:space:]]*-[[:space:]]*\([A-Za-z0-9._+-]*\)\.eb:\{0,1\}[[:space:]]*$/\1/p' [0-9]*.diff | sort -u
}
