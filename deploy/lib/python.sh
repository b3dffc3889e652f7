# shellcheck shell=bash disable=SC2154
# Finding Python, and the venv with exactly the locked packages.

venv=$VANGUARD_HOME/venv
ogctests=$VANGUARD_HOME/ogctests

# Prints the path of a CPython 3.11 or newer; never one inside a venv, which may be the one about to be rebuilt.
find_python() {
  local name path
  for name in python3 python3.14 python3.13 python3.12 python3.11; do
    path=$(command -v "$name") || continue
    "$path" -c '
import sys
if sys.version_info < (3, 11) or sys.implementation.name != "cpython":
    sys.exit(1)
print(sys._base_executable or sys.executable)' 2>/dev/null && return
  done
  return 1
}

need_python() {
  local found
  found=$(python3 --version 2>/dev/null) || found="no python3"
  python=$(find_python) || fail "Python 3.11 or newer is needed; on the PATH is $found."
}

python_makes_venvs() { "$python" -c 'import ensurepip, venv' 2>/dev/null; }

# Debian's package that completes $python; empty when this Python is not Debian's.
venv_package() {
  [[ $(readlink -f "$python") != /usr/bin/* ]] || "$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
}

# ensure_venv run|dev: the venv holds requirements/run.txt or dev.txt (which contains run.txt) and this checkout.
# Stamps inside the venv make a repetition cheap.
ensure_venv() {
  local which=$1 lock=$repo/requirements/$1.txt
  local locked project
  locked=$(file_hash "$lock")
  # The checkout's path counts: a venv that was moved along with it has dead paths in its scripts.
  project="$repo $(file_hash "$repo/pyproject.toml" "$repo/requirements/build.txt")"
  if ! "$venv/bin/python" -c '' 2>/dev/null || [[ $(stamp project) != "" && $(stamp project) != "$repo "* ]]; then
    quietly "Python environment in $(shown "$venv")" make_venv
  fi
  if [[ $(stamp "$which") != "$locked" && ($which != run || $(stamp dev) != "$(file_hash "$repo/requirements/dev.txt")") ]]; then
    quietly "Python packages of requirements/$which.txt" install_packages "$lock"
    printf '%s\n' "$locked" >"$venv/vanguard-$which.stamp"
  fi
  if [[ $(stamp project) != "$project" || ! -x $venv/bin/vanguard ]]; then
    quietly "The vanguard command" install_project
    printf '%s\n' "$project" >"$venv/vanguard-project.stamp"
  fi
}

# ensure_ogctests: a second venv, $ogctests, with requirements/ogctests.txt alone, whose versions the first cannot have.
ensure_ogctests() {
  local locked
  locked=$(file_hash "$repo/requirements/ogctests.txt")
  if [[ $(cat "$ogctests/vanguard.stamp" 2>/dev/null) != "$repo $locked" ]]; then
    quietly "Python packages of requirements/ogctests.txt" make_ogctests
    printf '%s\n' "$repo $locked" >"$ogctests/vanguard.stamp"
  fi
}

make_ogctests() {
  rm -rf "$ogctests"
  "$python" -m venv "$ogctests"
  # --no-deps: requirements/ogctests.in says what is left out.
  "$ogctests/bin/python" -m pip install --quiet --no-input --disable-pip-version-check --require-hashes --no-deps \
    -r "$repo/requirements/ogctests.txt"
}

file_hash() { cat "$@" | sha256sum | cut -c 1-64; }
stamp() { cat "$venv/vanguard-$1.stamp" 2>/dev/null || true; }

make_venv() {
  rm -rf "$venv"
  "$python" -m venv "$venv"
}

install_packages() {
  "$venv/bin/python" -m pip install --quiet --no-input --disable-pip-version-check --require-hashes -r "$1"
}

# An editable install whose build backend comes from a lock of its own. The backend stays out of the venv: its
# dependencies (packaging, pluggy, …) may be pinned otherwise there.
install_project() {
  local backend status=0
  backend=$(mktemp -d "$VANGUARD_HOME/build.XXXXXX")
  "$venv/bin/python" -m pip install --quiet --no-input --disable-pip-version-check --require-hashes --target "$backend" \
    -r "$repo/requirements/build.txt" &&
    PYTHONPATH=$backend "$venv/bin/python" -m pip install --quiet --no-input --disable-pip-version-check --no-deps \
      --no-build-isolation -e "$repo" || status=$?
  rm -rf "$backend"
  return "$status"
}
