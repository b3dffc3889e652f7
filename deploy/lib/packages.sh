# shellcheck shell=bash disable=SC2154
# The system's packages: what is missing, and installing it on Debian and Ubuntu. Needs python.sh and postgres.sh.

# Prints the path of a Chromium: $VANGUARD_CHROMIUM, or the one on the PATH. Not Ubuntu's script that asks for a snap.
find_chromium() {
  local name path
  for name in ${VANGUARD_CHROMIUM:-} chromium chromium-browser google-chrome; do
    path=$(command -v "$name") || continue
    "$path" --version >/dev/null 2>&1 </dev/null || continue
    printf '%s\n' "$path"
    return
  done
  return 1
}

# ensure_packages [postgis] [venv] [chromium]: installs those that are missing, or says what somebody else must install.
ensure_packages() {
  local want missing=() names name
  for want in "$@"; do
    case $want in
      postgis) find_postgres >/dev/null || missing+=(postgis) ;;
      venv) python_makes_venvs || missing+=(venv) ;;
      chromium) find_chromium >/dev/null || missing+=(chromium) ;;
    esac
  done
  ((${#missing[@]})) || return 0

  command -v apt-get >/dev/null || fail "$(to_install "${missing[@]}")"
  become_root=()
  if ((EUID != 0)); then
    become_root=(sudo)
    [[ -t 0 ]] || become_root+=(-n) # nobody is there to type a password
    if ! command -v sudo >/dev/null || ! "${become_root[@]}" true 2>/dev/null; then
      fail "$(to_install "${missing[@]}") As root: apt-get install $(apt_names "${missing[@]}" | paste -sd ' ')"
    fi
  fi

  # A source that cannot be reached need not be the one that matters; installing will tell.
  quietly "List of system packages" apt_get update || say "Going on with the list as it is."
  names=$(apt_names "${missing[@]}")
  local -a list=()
  while read -r name; do list+=("$name"); done <<<"$names"
  quietly "System packages ${list[*]}" apt_get install -y --no-install-recommends "${list[@]}" || exit 1
  for want in "${missing[@]}"; do
    case $want in
      postgis) find_postgres >/dev/null || fail "${list[*]} was installed, yet no PostgreSQL with PostGIS is found." ;;
      venv) python_makes_venvs || fail "${list[*]} was installed, yet $python makes no venv." ;;
      chromium) find_chromium >/dev/null || fail "${list[*]} was installed, yet it does not run: set VANGUARD_CHROMIUM to a Chromium or Chrome." ;;
    esac
  done
}

# apt-get without questions, waiting for another apt-get that is at work.
apt_get() {
  # sudo clears the environment, so the setting goes on the command line.
  "${become_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=500 "$@" </dev/null
}

apt_names() {
  local want
  for want in "$@"; do
    case $want in
      postgis) postgis_package ;;
      venv) venv_package ;;
      chromium) printf '%s\n' chromium fonts-wqy-microhei ;;
    esac
  done
}

# postgresql-NN-postgis-3 for the server that is here already, else for the one that the distribution means by
# "postgresql", else for the newest.
postgis_package() {
  local offered version
  offered=$(apt-cache pkgnames postgresql- 2>/dev/null | sed -n 's/^postgresql-\([0-9]*\)-postgis-3$/\1/p' | sort -rn)
  for version in $(server_versions) \
    $(apt-cache depends postgresql 2>/dev/null | sed -n 's/.*Depends: postgresql-\([0-9]*\)$/\1/p') $offered; do
    if ((version >= 14)) && grep -qx "$version" <<<"$offered"; then
      say "postgresql-$version-postgis-3"
      return
    fi
  done
  say "postgresql-postgis"
}

to_install() {
  local want
  for want in "$@"; do
    case $want in
      postgis) say "PostgreSQL 14 or newer (server and contrib) with PostGIS 3.1 or newer is missing: install it, or set VANGUARD_DATABASE_URL to a database that has it." ;;
      chromium) say "Chromium, in which the pages are tested, is missing: install it, or set VANGUARD_CHROMIUM to a Chromium or Chrome." ;;
      venv) say "$python makes no venv, for want of its ensurepip module: install that." ;;
    esac
  done | paste -sd ' '
}
