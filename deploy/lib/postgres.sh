# shellcheck shell=bash
# Finding PostgreSQL with PostGIS among what is installed.

# find_postgres [MAJOR]: prints the folder of the newest server's programs (≥ 14, with PostGIS ≥ 3.1 and btree_gist),
# or of the one with that major version.
find_postgres() {
  local bin folders
  mapfile -t folders < <(server_folders)
  for bin in "${folders[@]}"; do
    if postgres_suits "$bin" "${1:-}"; then
      say "$bin"
      return
    fi
  done
  return 1
}

# /usr/bin/psql may be a client alone: only a folder with a server counts.
server_folders() {
  local bin
  {
    printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV
    pg_config --bindir 2>/dev/null || true
  } | while read -r bin; do
    if [[ -x $bin/postgres && -x $bin/initdb && -x $bin/pg_ctl && -x $bin/psql ]]; then say "$bin"; fi
  done
}

server_versions() {
  local bin
  while read -r bin; do server_major "$bin"; done < <(server_folders)
}

# "postgres (PostgreSQL) 15.18 (Debian …)" → 15
server_major() { "$1/postgres" --version | sed -n 's/^[^0-9]*\([0-9]*\).*/\1/p'; }

postgres_suits() {
  local bin=$1 want=$2 major extensions
  major=$(server_major "$bin")
  [[ -n $major ]] && ((major >= 14)) && [[ -z $want || $want == "$major" ]] || return 1
  extensions=$("$bin/pg_config" --sharedir 2>/dev/null)/extension
  [[ -e $extensions/btree_gist.control && -e $extensions/postgis.control ]] || return 1
  # default_version = '3.3.2'
  ! grep -Eq "^default_version *= *'(2\.|3\.0)" "$extensions/postgis.control"
}
