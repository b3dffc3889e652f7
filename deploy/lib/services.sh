# shellcheck shell=bash disable=SC2154
# The three services, `vanguard serve` (api), `vanguard work` (worker) and `vanguard notify` (notify): their environment,
# supervisor and health.
# Needs processes.sh, python.sh and cluster.sh.

services=(api worker notify)

# Prints the environment file: KEY='value' lines that a shell and python-dotenv read alike.
services_environment() {
  local url=$VANGUARD_DATABASE_URL
  # Means the same in a URL, and neither reader would take it for a quote or a variable.
  url=${url//\'/%27}
  url=${url//\$/%24}
  printf "%s='%s'\n" VANGUARD_DATABASE_URL "$url" VANGUARD_HOME "$VANGUARD_HOME" VANGUARD_PORT "$VANGUARD_PORT"
}

write_environment() {
  (umask 077 && services_environment >"$VANGUARD_HOME/env.new")
  mv "$VANGUARD_HOME/env.new" "$VANGUARD_HOME/env"
}

# What the running services were started with, if they run.
services_running() { noted_process supervisor >/dev/null; }
services_port() { sed -n "s/^VANGUARD_PORT='\(.*\)'$/\1/p" "$VANGUARD_HOME/env" 2>/dev/null; }

# Whether something on disk is newer than the running services.
services_outdated() {
  [[ -n $(find "$repo/service" "$venv"/vanguard-*.stamp -type f -not -path '*/__pycache__/*' -not -path '*/node_modules/*' \
    -newer "$VANGUARD_HOME/run/supervisor.pid" -print -quit) ]]
}

start_service() {
  local name=$1 word
  case $name in
    api) word=serve ;;
    worker) word=work ;;
    notify) word=notify ;;
  esac
  rotate_log "$VANGUARD_HOME/log/$name.log"
  cd "$repo" || exit
  exec setsid "$venv/bin/vanguard" "$word" </dev/null >>"$VANGUARD_HOME/log/$name.log" 2>&1
}

# The supervisor first, or it would restart the others; those are noted for the case that it was killed.
stop_services() {
  stop_noted supervisor 30
  stop_noted api 15
  stop_noted worker 15
  stop_noted notify 15
}

port_free() {
  "$python" - "$1" 2>/dev/null <<'END'
import socket, sys

probe = socket.socket()
probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
probe.bind(("127.0.0.1", int(sys.argv[1])))
END
}

# ready SECONDS: waits until /readyz answers 200. Proxies of the environment have no part in loopback.
ready() {
  "$python" - "http://127.0.0.1:$VANGUARD_PORT/readyz" "$1" 2>/dev/null <<'END'
import sys, time, urllib.request

opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
deadline = time.monotonic() + float(sys.argv[2])
while True:
    try:
        with opener.open(sys.argv[1], timeout=5) as answer:
            if answer.status == 200:
                sys.exit()
    except OSError:
        pass
    if time.monotonic() >= deadline:
        sys.exit(1)
    time.sleep(0.2)
END
}

# supervise [--database]: runs the services until told to stop, and starts again whichever dies; with --database the
# private cluster as well. Calls every_second, where there is one. Returns when all of them have ended.
supervise() {
  local -A pid=() born=() delay=([api]=1 [worker]=1 [notify]=1) due=([api]=0 [worker]=0 [notify]=0)
  local name me stopping='' database=${1:-}
  me=$BASHPID
  note_process supervisor "$me"
  trap 'stopping=yes' INT TERM
  # The terminal is gone, and a word to it would be an error.
  trap 'stopping=yes; exec >>"$VANGUARD_HOME/log/supervisor.log" 2>&1' HUP
  set -a
  # shellcheck source=/dev/null
  . "$VANGUARD_HOME/env"
  set +a
  # It also ends when another supervisor has taken over, or when $VANGUARD_HOME was deleted.
  while [[ -z $stopping && $(noted_process supervisor) == "$me" ]]; do
    for name in "${services[@]}"; do tend_service; done
    [[ $database != --database ]] || tend_database
    if declare -F every_second >/dev/null; then every_second; fi
    nap
  done
  journal "stopping"
  for name in "${services[@]}"; do
    [[ -z ${pid[$name]:-} ]] || kill -TERM "${pid[$name]}" 2>/dev/null || true
  done
  for name in "${services[@]}"; do
    [[ -z ${pid[$name]:-} ]] || { await_end "${pid[$name]}" 15 && end_group "${pid[$name]}"; }
  done
  if [[ ! -d $VANGUARD_HOME && -n ${pid[postmaster]:-} ]]; then kill -INT "${pid[postmaster]}" || true; fi
  [[ $(noted_process supervisor) != "$me" ]] || rm -f "$VANGUARD_HOME"/run/{api,worker,notify,supervisor}.pid
  trap - INT TERM HUP
}

# One look at $name, in supervise's variables. A service that dies is started again after 1 s, then 2, 4 … 30 s while
# it keeps dying young.
tend_service() {
  local status=0
  if [[ -n ${pid[$name]:-} ]] && process_gone "${pid[$name]}"; then
    wait "${pid[$name]}" 2>/dev/null || status=$?
    end_group "${pid[$name]}"
    ((SECONDS - born[$name] < 60)) || delay[$name]=1
    journal "$name (pid ${pid[$name]}) ended with status $status; starting it again in ${delay[$name]} s"
    due[$name]=$((SECONDS + delay[$name]))
    delay[$name]=$((delay[$name] * 2 > 30 ? 30 : delay[$name] * 2))
    pid[$name]=
  fi
  if [[ -z ${pid[$name]:-} ]] && ((SECONDS >= due[$name])); then
    start_service "$name" &
    pid[$name]=$!
    born[$name]=$SECONDS
    note_process "$name" "${pid[$name]}"
    journal "$name started (pid ${pid[$name]})"
  fi
}

# A killed postmaster is started again, on its old port unless that was taken meanwhile: then deploy/up has to tell the
# services. Making a cluster is deploy/up's alone.
tend_database() {
  local folder=$VANGUARD_HOME/postgres postmaster
  if [[ -n ${pid[postmaster]:-} ]] && ! process_gone "${pid[postmaster]}"; then return; fi
  if postmaster=$(cluster_pid "$folder"); then
    pid[postmaster]=$postmaster
  elif [[ -d $folder/data ]] && ((SECONDS >= ${due[postmaster]:-0})); then
    journal "the private PostgreSQL is not running; starting it"
    (run_cluster "$folder" vanguard) || due[postmaster]=$((SECONDS + 10))
  fi
}

# A second, cut short by a signal: for a trap bash ends `wait` at once, but lets a `sleep` finish. It is also where bash
# would tell the reader that a service was killed; the journal does.
nap() {
  {
    sleep 1 &
    wait $! || kill $! || true
  } 2>/dev/null
}

# Says it in the log, if that still exists.
journal() { { printf '%s %s\n' "$(date '+%F %T')" "$*" >>"$VANGUARD_HOME/log/supervisor.log"; } 2>/dev/null || true; }
