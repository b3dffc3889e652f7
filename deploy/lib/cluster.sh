# shellcheck shell=bash disable=SC2154
# A private PostgreSQL cluster in a folder of its own. Needs postgres.sh and processes.sh, and $python.
#
#   FOLDER/data      the cluster; no other one is ever touched
#   FOLDER/log       what the server says
#   FOLDER/port      its port on 127.0.0.1, chosen when it first starts
#   FOLDER/pgpass    the passwords of its roles (0600), in the form that psql reads (PGPASSFILE)
#
# On a machine with several users a password for each role over 127.0.0.1 is the whole of the access: there is no
# socket, which would need a path below 108 characters that both the server's account and ours can reach.

# ensure_cluster FOLDER NAME: it exists and runs.
ensure_cluster() {
  [[ -d $1/data ]] || make_cluster "$1"
  run_cluster "$1" "$2"
}

# run_cluster FOLDER NAME: it runs. A script and the supervisor may both want that at the same moment.
run_cluster() {
  (
    flock 9
    cluster_pid "$1" >/dev/null || start_cluster "$(true_folder "$1")" "$2"
  ) 9>"$1/lock"
}

# Where a link leads (see place_cluster): the server's account cannot follow it.
true_folder() { readlink -f "$1"; }

# The account that the server runs under. PostgreSQL refuses to run as root; Debian's package brings "postgres".
cluster_account() {
  if [[ -d $1/data ]]; then
    stat -Lc %U "$1/data"
  elif ((EUID == 0)); then
    say postgres
  else
    id -un
  fi
}

# as_account FOLDER COMMAND…, in a subshell
as_account() (
  account=$(cluster_account "$1")
  me=$(id -un)
  shift
  cd / # the account may not be able to stand where we do
  export LC_ALL=C
  if [[ $account == "$me" ]]; then
    "$@"
  elif ((EUID == 0)); then
    id "$account" >/dev/null 2>&1 || fail "PostgreSQL does not run as root, and there is no account '$account' for it."
    runuser -u "$account" -- "$@"
  else
    fail "The database in $VANGUARD_HOME belongs to the account '$account': run this as that account or as root, or set VANGUARD_HOME to a folder of your own."
  fi
)

make_cluster() {
  local folder=$1 bin account password
  bin=$(find_postgres) || fail "No PostgreSQL with PostGIS is found."
  account=$(cluster_account "$folder")
  [[ -d $folder ]] || place_cluster "$folder" "$account"
  folder=$(true_folder "$folder")
  # Made beside its place and moved there when complete: what is called "data" is whole.
  rm -rf "$folder/data.new"
  mkdir -m 0700 "$folder/data.new"
  (umask 077 && : >"$folder/log" && : >"$folder/password.new")
  password=$(random_password)
  printf '%s\n' "$password" >"$folder/password.new"
  ((EUID != 0)) || chown "$account:" "$folder/data.new" "$folder/log" "$folder/password.new"
  as_account "$folder" "$bin/initdb" --pgdata="$folder/data.new" --username=postgres --pwfile="$folder/password.new" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8
  (umask 077 && printf '127.0.0.1:*:*:postgres:%s\n' "$password" >"$folder/pgpass")
  as_account "$folder" tee -a "$folder/data.new/postgresql.conf" >/dev/null \
    <<<"include 'vanguard.conf'  # written by deploy/ at each start"
  rm -f "$folder/password.new" "$folder/port"
  mv "$folder/data.new" "$folder/data"
}

# Makes the cluster's folder. A clone under /root is closed to the server's account; then the folder lies in /var/lib
# and FOLDER is a link to it (see explain_place).
place_cluster() {
  local folder=$1 account=$2 place
  rm -f "$folder" # a link whose target is gone
  install -d -m 0711 "$folder"
  if ((EUID != 0)) || (cd / && runuser -u "$account" -- test -x "$folder"); then return; fi
  place=/var/lib/vanguard-$(printf '%s' "$folder" | sha256sum | cut -c 1-12)
  if [[ -d $place ]]; then
    # Left over from a $VANGUARD_HOME that was deleted: perhaps with it, perhaps by mistake.
    stop_cluster "$place"
    rm -rf "$place.old"
    mv "$place" "$place.old"
  fi
  install -d -m 0711 "$place"
  rmdir "$folder"
  ln -s "$place" "$folder"
}

explain_place() {
  local place
  [[ -L $1 ]] || return 0
  place=$(readlink "$1")
  say "  (in $place, because the server's account $(cluster_account "$1") cannot enter $(dirname "$1"))"
  [[ ! -d $place.old ]] || say "  ($place.old keeps the database of an earlier $(dirname "$1"))"
}

random_password() { od -An -N 24 -t x1 /dev/urandom | tr -d ' \n'; }

# Prints the postmaster's pid if it runs. The pid file alone says nothing: after a crash, and above all in a container,
# its number may be another process's by now.
cluster_pid() {
  local folder pid
  folder=$(true_folder "$1")
  pid=$(noted_postmaster "$folder") && is_postmaster "$folder" "$pid" && say "$pid"
}

# The pid in the server's own pid file, if a process of that number is alive.
noted_postmaster() {
  local pid
  pid=$(as_account "$1" sed -n 1p "$1/data/postmaster.pid" 2>/dev/null) && [[ -n $pid ]] || return 1
  process_start "$pid" >/dev/null && say "$pid"
}

# A postmaster stands in its data folder. Where that cannot be seen the name decides, so that in doubt it is one.
is_postmaster() {
  local stands name
  if stands=$(as_account "$1" readlink "/proc/$2/cwd" 2>/dev/null); then
    [[ $stands == "$1/data" ]]
  else
    read -r name 2>/dev/null <"/proc/$2/comm" && [[ $name == postgres ]]
  fi
}

cluster_bin() {
  local folder major
  folder=$(true_folder "$1")
  major=$(as_account "$folder" cat "$folder/data/PG_VERSION")
  find_postgres "$major" ||
    fail "The database in $1 was made by PostgreSQL $major, which is no longer installed (with PostGIS); install it again."
}

# start_cluster FOLDER NAME, with descriptor 9 locked.
start_cluster() {
  local folder=$1 name=$2 bin pid attempt
  bin=$(cluster_bin "$folder")
  # PostgreSQL itself clears the pid file of a dead server; but it would take any living process for the server.
  if pid=$(noted_postmaster "$folder") && ! is_postmaster "$folder" "$pid"; then
    as_account "$folder" rm "$folder/data/postmaster.pid"
  fi
  rotate_log "$folder/log"
  # Two things pass by themselves: a port taken since it was chosen, and the last processes of a killed postmaster.
  for attempt in 1 2 3 4 5 6 7 8; do
    ((attempt == 1)) || sleep 1
    choose_port "$folder" || continue
    configure_cluster "$folder" "$name"
    # No descriptor of ours may live on in the server: a lock, or a pipe whose reader waits for its end.
    as_account "$folder" "$bin/pg_ctl" start -D "$folder/data" -l "$folder/log" --silent --wait --timeout=300 \
      </dev/null >/dev/null 2>&1 7>&- 8>&- 9>&- && return
  done
  tail -n 8 "$folder/log" >&2
  fail "The private PostgreSQL in $folder does not start; the end of $folder/log is above."
}

# The remembered port if it is free, else another. The search starts at a place of the folder's own, so that two
# checkouts do not reach for the same number.
choose_port() {
  local folder=$1 first
  first=$((54400 + $(printf '%s' "$folder" | cksum | cut -d ' ' -f 1) % 100))
  "$python" - "$folder/port" "$first" <<'END'
import contextlib, pathlib, socket, sys

def free(port):
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True

note, first = pathlib.Path(sys.argv[1]), int(sys.argv[2])
remembered = [int(note.read_text())] if note.exists() else []
for port in remembered + [54400 + (first + n) % 100 for n in range(100)]:
    if free(port):
        note.write_text(f"{port}\n")
        sys.exit()
sys.exit("no port from 54400 to 54499 is free")
END
}

configure_cluster() {
  local folder=$1 name=$2
  as_account "$folder" tee "$folder/data/vanguard.conf" >/dev/null <<END
# Written by deploy/ at each start; settings of your own belong below the include in postgresql.conf.
cluster_name = '$name'
listen_addresses = '127.0.0.1'
port = $(<"$folder/port")
unix_socket_directories = ''
max_connections = 200
shared_buffers = '256MB'
END
}

stop_cluster() {
  local folder bin
  folder=$(true_folder "$1")
  [[ -d $folder/data ]] && cluster_pid "$folder" >/dev/null || return 0
  bin=$(cluster_bin "$folder")
  as_account "$folder" "$bin/pg_ctl" stop -D "$folder/data" --mode=fast --silent --wait --timeout=120
}

# cluster_password FOLDER ROLE
cluster_password() { sed -n "s/^127\.0\.0\.1:\*:\*:$2://p" "$1/pgpass"; }

# cluster_url FOLDER ROLE DATABASE
cluster_url() { say "postgresql://$2:$(cluster_password "$1" "$2")@127.0.0.1:$(<"$1/port")/$3"; }

# cluster_sql FOLDER DATABASE, with the statements on stdin, as the superuser.
cluster_sql() {
  local bin
  bin=$(cluster_bin "$1")
  # PGHOSTADDR and its like in the caller's environment would lead elsewhere.
  env -u PGHOSTADDR -u PGSERVICE -u PGOPTIONS -u PGSSLMODE -u PGREQUIREAUTH PGPASSFILE="$1/pgpass" \
    "$bin/psql" --no-psqlrc --quiet --no-password --set ON_ERROR_STOP=1 -h 127.0.0.1 -p "$(<"$1/port")" -U postgres -d "$2"
}

# furnish_cluster FOLDER: the service's role (not a superuser), its database and the extensions. Repeatable.
furnish_cluster() {
  local folder=$1
  # The password is written down before the database learns it, and set again each time: the two cannot part.
  [[ -n $(cluster_password "$folder" vanguard) ]] || printf '127.0.0.1:*:*:vanguard:%s\n' "$(random_password)" >>"$folder/pgpass"
  cluster_sql "$folder" postgres <<END
SET client_min_messages = warning;
SELECT 'CREATE ROLE vanguard LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'vanguard') \gexec
ALTER ROLE vanguard PASSWORD '$(cluster_password "$folder" vanguard)';
SELECT 'CREATE DATABASE vanguard OWNER vanguard' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'vanguard') \gexec
END
  cluster_sql "$folder" vanguard <<END
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public;
CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA public;
REVOKE CREATE ON SCHEMA public FROM PUBLIC; -- logins of GIS officers make nothing
REVOKE TEMPORARY ON DATABASE vanguard FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC;
END
}
