# shellcheck shell=bash disable=SC2154
# The pages in service/ui, built into service/ui/static with the Node of requirements/node.txt. Needs python.sh.

node=$VANGUARD_HOME/node
ui=$repo/service/ui

# npm and what it starts, with that Node first on the PATH. It asks nothing and reports nothing.
npm() { (cd "$ui" && PATH=$node/bin:$PATH NO_UPDATE_NOTIFIER=1 npm_config_fund=false npm_config_audit=false command npm "$@"); }

# ensure_pages: the pages are built from their source as it is.
ensure_pages() {
  ensure_modules
  local source
  source=$(pages_hash)
  if [[ $(cat "$ui/static/vanguard.stamp" 2>/dev/null) != "$source" ]]; then
    quietly "Pages" npm run --silent build
    printf '%s\n' "$source" >"$ui/static/vanguard.stamp"
  fi
}

# ensure_modules: Node, and exactly the modules of package-lock.json.
ensure_modules() {
  local locked
  locked=$(file_hash "$repo/requirements/node.txt")
  if [[ $(cat "$node/vanguard.stamp" 2>/dev/null) != "$repo $locked" ]]; then
    quietly "Node of requirements/node.txt" make_node
    printf '%s\n' "$repo $locked" >"$node/vanguard.stamp"
  fi
  locked="$locked $(file_hash "$ui/package-lock.json")"
  if [[ $(cat "$ui/node_modules/vanguard.stamp" 2>/dev/null) != "$locked" ]]; then
    quietly "Modules of service/ui/package-lock.json" npm ci
    printf '%s\n' "$locked" >"$ui/node_modules/vanguard.stamp"
  fi
}

make_node() {
  rm -rf "$node"
  "$python" -m venv "$node"
  "$node/bin/python" -m pip install --quiet --no-input --disable-pip-version-check --require-hashes \
    -r "$repo/requirements/node.txt"
}

# Of all that the pages are built from; not of the API's types, which only the check needs.
pages_hash() {
  find "$ui" -type f -not -path '*/node_modules/*' -not -path '*/static/*' -not -name '*.py' -not -name '*.pyc' \
    -not -name openapi.json -not -name api.d.ts -print0 |
    sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-64
}
