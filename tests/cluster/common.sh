# Sourced by ./dev and tests/cluster/cluster: messages, commands that run behind a progress line, Debian packages.
# shellcheck shell=bash
: "${dev_dir:?the folder for everything that is generated}"

say() { printf '%s\n' "$*" >&2; }
# A URL fit to be shown: what stands before an @ is for the server alone.
without_password() { printf "%s\n" "$1" | sed "s|//[^/@]*@|//|"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# run_logged WHAT LOG COMMAND…: for commands that are slow and talkative. Shows the time that has passed (rewriting one
# line on a terminal, a line every 30 s elsewhere); what the command says goes to LOG, and is shown only if it fails.
run_logged() {
  local what=$1 log=$2 pid rc=0 began=$SECONDS shown=0 passed; shift 2
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 </dev/null 9>&- & pid=$!   # 9: the lock, if one is held
  # shellcheck disable=SC2064  # the pid of now. A background command ignores Ctrl-C: end it before us
  trap "kill $pid 2>/dev/null || true; wait $pid || true; exit 130" INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.1; passed=$((SECONDS - began))
    if [ -t 2 ]; then printf '\r%s … %d s' "$what" "$passed" >&2
    elif ((passed >= shown + 30)); then shown=$passed; say "$what … $passed s"; fi
  done
  wait "$pid" || rc=$?
  trap 'exit 130' INT TERM
  [ ! -t 2 ] || printf '\r\033[K' >&2
  ((rc == 0)) || { tail -n 30 "$log" >&2; say "$what: failed (all it said: $log)"; }
  return "$rc"
}

# What each purpose needs, as PACKAGE=PROBE. The probe is for software that did not come as a Debian package: a command,
# an absolute path, pc:MODULE (pkg-config), py:MODULE (Python), or nothing where only the package can tell.
packages_for() {
  case $1 in
    build) echo gcc=gcc libc6-dev=/usr/include/stdio.h meson=meson ninja-build=ninja pkg-config=pkg-config \
      libglib2.0-dev=pc:gio-2.0 libcurl4-openssl-dev=pc:libcurl libyajl-dev=pc:yajl libcairo2-dev=pc:cairo libcunit1-dev=pc:cunit \
      liblapacke-dev=pc:lapacke libopenblas-dev=pc:openblas ;;
    cluster) echo curl=curl openssl=openssl ;;
    unpack) echo maven=mvn ;;
    test) echo python3-venv=py:ensurepip curl=curl openssl=openssl nodejs=node jq=jq zsh=zsh ;;
    clang) echo clang=clang ;;
    lint) echo git=git clang-format=clang-format clang-tidy=clang-tidy shellcheck=shellcheck ;;
    openjdk-*) echo "$1=" ;;
  esac
}

reason_for() {
  case $1 in
    build) echo "build the programs" ;;      cluster | openjdk-*) echo "run Elasticsearch" ;;
    unpack) echo "fetch Elasticsearch" ;;    test) echo "run the tests" ;;
    clang) echo "build with clang too" ;;    lint) echo "check the sources" ;;
  esac
}

is_there() { # PROBE
  case $1 in
    "") return 1 ;;
    pc:*) pkg-config --exists "${1#pc:}" 2>/dev/null ;;
    py:*) python3 -c "import ${1#py:}" 2>/dev/null ;;
    /*) [ -e "$1" ] ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

is_installed() { # shellcheck disable=SC2016  # the placeholder is dpkg-query's
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

root=()   # what to put before a command that needs root
become_root() { # PACKAGE…
  [ "$(id -u)" != 0 ] || return 0
  if command -v sudo >/dev/null; then sudo -v || die "sudo refused"; root=(sudo); return 0; fi
  say "Installing needs root, and there is no sudo. Run this as root, then try again:"
  say "  apt-get update && apt-get install -y --no-install-recommends $*"
  exit 1
}

lists_fresh=
refresh_package_lists() { # once a run: the lists of a bare machine are empty or old
  [ -z "$lists_fresh" ] || return 0
  lists_fresh=1
  run_logged "Refreshing apt's package lists" "$dev_dir/logs/apt-update.log" "${root[@]}" apt-get update -q
}

# ensure_packages PURPOSE…: says what is missing and what for, and installs it. Instant when all is there.
ensure_packages() {
  local purpose pair package missing=() lines=()
  for purpose; do
    for pair in $(packages_for "$purpose"); do
      package=${pair%%=*}
      [[ " ${missing[*]} " != *" $package "* ]] || continue
      is_there "${pair#*=}" || is_installed "$package" || { missing+=("$package"); lines+=("$package, to $(reason_for "$purpose")"); }
    done
  done
  ((${#missing[@]})) || return 0
  if ! command -v apt-get >/dev/null; then
    say "Missing on this machine (the names are Debian's):"; printf '  %s\n' "${lines[@]}" >&2; exit 1
  fi
  become_root "${missing[@]}"
  say "Installing with apt-get:"; printf '  %s\n' "${lines[@]}" >&2
  refresh_package_lists
  run_logged "Installing ${#missing[@]} packages" "$dev_dir/logs/apt-install.log" "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=600 "${missing[@]}"
}
