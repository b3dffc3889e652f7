# shellcheck shell=bash
# What every script needs first: where things are, how to speak, how to fail, how to take turns.

if ((BASH_VERSINFO[0] < 4 || (BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] < 4))); then
  echo "$0: bash 4.4 or newer is needed; this is $BASH_VERSION." >&2
  exit 1
fi

# runuser and useradd live where an ordinary PATH does not look.
PATH=$PATH:/usr/sbin:/sbin

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)

# The settings that the scripts and the `vanguard` command share.
VANGUARD_HOME=${VANGUARD_HOME:-$repo/.local}
[[ $VANGUARD_HOME == /* ]] || VANGUARD_HOME=$PWD/$VANGUARD_HOME
VANGUARD_PORT=${VANGUARD_PORT:-8000}
export VANGUARD_HOME VANGUARD_PORT

say() { printf '%s\n' "$*"; }

fail() {
  printf '%s: %s\n' "${program:-$(basename "$0")}" "$*" >&2
  exit 1
}

# For a command line that cannot be understood.
misuse() {
  printf '%s: %s (see --help)\n' "$program" "$*" >&2
  exit 2
}

# A path as the reader would type it from where they stand.
shown() {
  local here
  here=$(pwd -P)
  printf '%s' "${1#"$here"/}"
}

check_settings() {
  if ! [[ $VANGUARD_PORT =~ ^[1-9][0-9]{0,4}$ ]] || ((VANGUARD_PORT > 65535)); then
    fail "VANGUARD_PORT must be a port number, not '$VANGUARD_PORT'."
  fi
  # These cannot be written in a file that both a shell and python-dotenv read alike.
  [[ $VANGUARD_HOME != *[\'\$$'\n']* ]] || fail "VANGUARD_HOME must not contain a quote, a dollar sign or a line break."
}

# Makes $VANGUARD_HOME: others may pass through (the database's own account has to), not look around.
prepare_home() {
  local folder
  [[ -d $VANGUARD_HOME ]] || install -d -m 0711 "$VANGUARD_HOME" ||
    fail "Cannot make $VANGUARD_HOME; set VANGUARD_HOME to a folder that you may write to."
  [[ -w $VANGUARD_HOME ]] || fail "Cannot write to $VANGUARD_HOME; set VANGUARD_HOME to a folder of your own."
  for folder in log run; do
    [[ -d $VANGUARD_HOME/$folder ]] || mkdir -m 0700 "$VANGUARD_HOME/$folder"
    [[ -w $VANGUARD_HOME/$folder ]] ||
      fail "$VANGUARD_HOME/$folder belongs to another account: use that one, or set VANGUARD_HOME to a folder of your own."
  done
}

# quietly LABEL COMMAND…: one line for a step, with the time it took; its output is shown only when it fails.
quietly() {
  local label=$1 log=$VANGUARD_HOME/log/deploy.log began=$SECONDS status=0 from
  shift
  printf '%s … ' "$label"
  printf '\n== %s: %s\n' "$(date '+%F %T')" "$label" >>"$log"
  from=$(wc -l <"$log")
  # Not `if (…)`: inside a condition bash would ignore `set -e`, and a failed line would go on to the next.
  set +e
  (
    set -e
    "$@"
  ) >>"$log" 2>&1
  status=$?
  set -e
  if ((status == 0)); then
    printf '%d s\n' $((SECONDS - began))
  else
    printf 'failed\n'
    tail -n "+$((from + 1))" "$log" | tail -n 30 >&2
  fi
  return "$status"
}

# aloud LABEL COMMAND…: a step whose own words are meant for the reader.
aloud() {
  local label=$1 began=$SECONDS
  shift
  say "$label:"
  "$@" || exit $? # the command has said why
  say "$label … $((SECONDS - began)) s"
}

# Takes the lock FILE on descriptor 8 for the rest of this process. Whatever outlives the script is started with
# `8>&-`, or it would hold the lock.
take_turn() {
  exec 8>"$1"
  flock -n 8 && return
  say "Waiting for another deploy script in $(shown "$VANGUARD_HOME") to finish …"
  flock 8
}

# Keeps a log from growing for ever: it starts anew past 50 MB, with one predecessor.
rotate_log() {
  local size=0
  [[ ! -e $1 ]] || size=$(wc -c <"$1")
  ((size < 50000000)) || mv -f "$1" "$1.1"
}
