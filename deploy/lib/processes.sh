# shellcheck shell=bash
# Processes that outlive the script that started them, known by files in $VANGUARD_HOME/run: "pid start-time".
# The start time tells a process from a later one that was given the same number.

# Prints when PID started (ticks since boot); fails if it is gone or a zombie.
process_start() {
  local stat
  read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
  # pid (name) state ppid …: the name may hold spaces and brackets. The start is the 22nd field, 20th after it.
  local -a fields
  read -ra fields <<<"${stat##*) }"
  [[ ${fields[0]} != [ZX] ]] && printf '%s\n' "${fields[19]}"
}

# note_process NAME PID
note_process() {
  local began
  began=$(process_start "$2") || began=gone
  printf '%s %s\n' "$2" "$began" >"$VANGUARD_HOME/run/$1.pid"
}

# Prints the pid of the process noted under NAME, if it is alive.
noted_process() {
  local pid began now
  read -r pid began 2>/dev/null <"$VANGUARD_HOME/run/$1.pid" || return 1
  now=$(process_start "$pid") && [[ $now == "$began" ]] && printf '%s\n' "$pid"
}

# stop_noted NAME SECONDS
stop_noted() {
  local pid
  if pid=$(noted_process "$1"); then
    kill -TERM "$pid" 2>/dev/null || process_gone "$pid" ||
      fail "The $1 (pid $pid) belongs to another account: stop it as that account or as root."
    await_end "$pid" "$2"
    # Not the supervisor's: in the foreground it may share its group with whatever its output is piped to.
    [[ $1 == supervisor ]] || end_group "$pid"
  fi
  rm -f "$VANGUARD_HOME/run/$1.pid"
}

# await_end PID SECONDS: until it has ended; KILL when the time is up.
await_end() {
  local tick
  for ((tick = 0; tick < $2 * 10; tick++)); do
    ! process_gone "$1" || return 0
    sleep 0.1
  done
  kill -KILL "$1" 2>/dev/null || true
}

process_gone() { ! process_start "$1" >/dev/null; }

# A service leads a process group of its own (setsid); a killed leader may leave members behind.
end_group() { kill -KILL -- "-$1" 2>/dev/null || true; }
