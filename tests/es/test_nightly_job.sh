#!/usr/bin/env bash
# The crontab line and the systemd units of examples/, as they are but for paths and the alias, with an API key that has the
# rights of examples/security/release-role.json. Arguments: recsys-trainer, recsys-loader, the folder examples.
# shellcheck disable=SC2317  # check and a trap call the functions
set -euo pipefail
trainer=$(realpath -- "$1") loader=$(realpath -- "$2") examples=$(realpath -- "$3")
[ -n "${ES_URL_SECURE:-}" ] || { echo "1..0 # SKIP ES_URL_SECURE is not set: ./dev test starts a server and sets it"; exit 0; }
alias=recsys-test-nightly-$$
dir=$(mktemp -d)
password=$(sed -n 's/^admin://p' "$ES_SECURE_CREDENTIALS")
ask() { # METHOD PATH [BODY]
  printf 'user = "admin:%s"\n' "$password" |
    curl -sS -K - --cacert "$ES_SECURE_CA" -H 'Content-Type: application/json' -X "$1" "$ES_URL_SECURE/$2" ${3:+-d "$3"}
}
names() { ask GET "_cat/indices/$alias*?h=index"; }
finish() {
  for index in $(names); do ask DELETE "$index" >"$dir/out"; done
  rm -rf "$dir"
}
trap finish EXIT

number=0; failed=0
check() { # NAME COMMAND…
  number=$((number + 1))
  if "${@:2}" >"$dir/why" 2>&1; then echo "ok $number - $1"; else
    echo "not ok $number - $1"; sed 's/^/# /' "$dir/why" "$dir/said"; failed=1
  fi
}

make_key() {
  ask POST _security/api_key "{\"name\":\"$alias\",\"expiration\":\"1h\",\"role_descriptors\":$(<"$examples/security/release-role.json")}" |
    sed -n 's/.*"encoded":"\([^"]*\).*/\1/p'
}

prepare() {
  "$trainer" synth "$dir/data" --users 60 --movies 90 --ratings 2500 --seed 1
  "$trainer" train "$dir/data" "$dir/bundle" --factors 8 --epochs 1
  (umask 077; printf '[credentials]\napi_key=%s\n' "$(make_key)" >"$dir/credentials")
  printf 'ES_URL=%s\nES_CREDENTIALS=%s\nES_CA_CERT=%s\n' "$ES_URL_SECURE" "$dir/credentials" "$ES_SECURE_CA" >"$dir/release.env"
  mkdir "$dir/passed"   # as LoadCredential= does from systemd 254 on
  cp "$dir/credentials" "$dir/passed/credentials"
  chmod 0440 "$dir/passed/credentials"
  chmod 0550 "$dir/passed"
}

of_here() { sed "s|/etc/recsys|$dir|g; s|/var/lib/recsys/bundle|$dir/bundle|; s|/usr/bin/recsys-loader release|$loader release --alias $alias --skip-gate baseline|" "$1"; }

# As cron does it: /bin/sh, hardly any environment. Both streams would be the mail.
rc=0
run() { # COMMAND-LINE
  rc=0; env -i HOME="$dir" PATH=/usr/bin:/bin /bin/sh -c "$1" >"$dir/said" 2>&1 </dev/null || rc=$?
}
ended_with() { [ "$rc" = "$1" ] || { echo "exit code $rc"; return 1; }; }
said_nothing() { [ ! -s "$dir/said" ]; }
said() { grep -q -- "$1" "$dir/said"; }
said_times() { [ "$(grep -c -- "$2" "$dir/said")" = "$1" ]; }
units_are_valid() {
  local unit
  mkdir -p "$dir/units"
  for unit in "$examples"/*.service "$examples"/*.timer; do of_here "$unit" >"$dir/units/${unit##*/}"; done
  systemd-analyze verify "$dir"/units/*
}

# The service as it is, but for a shorter pause, no view of its own of the folders that this test uses, and files for what it
# says, run by a systemd in a mount namespace that looks as if the machine had been booted with one.
systemd=/lib/systemd/systemd
can_run_systemd() { [ "$(id -u)" = 0 ] && [ -x $systemd ] && unshare -m mount -t tmpfs tmpfs /run 2>"$dir/why"; }
property() { XDG_RUNTIME_DIR=$dir/runtime systemctl --user show --value -p "$1" recsys-release.service; }
run_service() { # [SED-COMMAND]
  local home=$dir/home pid i
  mkdir -p "$home/.config/systemd/user" "$dir/runtime"
  { of_here "$examples/recsys-release.service" |
      sed -e 's/^RestartSec=.*/RestartSec=1/; /^PrivateTmp=/d; /^ProtectHome=/d; /^DynamicUser=/d' -e "${1:-}"
    printf '%s\n' "StandardOutput=append:$dir/said" "StandardError=append:$dir/said"
  } >"$home/.config/systemd/user/recsys-release.service"
  : >"$dir/said"
  HOME=$home XDG_RUNTIME_DIR=$dir/runtime unshare -m sh -c "mount --make-rshared / && mount -t tmpfs tmpfs /run &&
    mkdir -p /run/systemd/system && exec $systemd --user --unit=recsys-release.service" >"$dir/systemd.log" 2>&1 </dev/null &
  pid=$!
  state=
  for ((i = 0; i < 300; i++)); do
    state=$(property ActiveState 2>"$dir/why") || true
    case $state in failed | inactive) break ;; esac
    sleep 0.2
  done
  state="$state, $(property NRestarts) restarts, exit code $(property ExecMainStatus)" || true
  kill $pid
  wait $pid || true
}
ended_in() { [ "$state" = "$1" ] || { echo "$state"; cat "$dir/systemd.log"; return 1; }; }

prepare >"$dir/log" 2>&1 || { sed 's/^/# /' "$dir/log"; echo "Bail out! no bundle or no key"; exit 1; }
line=$(of_here "$examples/crontab" | sed -n 's/^0 3 \* \* \* *//p')
unit=$(of_here "$examples/recsys-release.service" | sed -n 's/^ExecStart=//p')
echo 1..13
run "$line"
check "the crontab line releases" ended_with 0
check "and sends no mail" said_nothing
sleep 1.1   # the names of indices have the time to the second
run "$line --max-rmse-rise=-1"
check "a gate stops it" ended_with 5
check "and the mail says which" said 'gate quality failed'
sleep 1.1
run "set -a && . $dir/release.env && unset ES_CREDENTIALS && CREDENTIALS_DIRECTORY=$dir/passed && exec $unit"
check "the service's command releases" ended_with 0
check "and writes its report to the journal" said '"released":true'
if command -v systemd-analyze >/dev/null; then check "the units are valid" units_are_valid
else echo "ok 7 - the units are valid # SKIP there is no systemd-analyze"; fi
if can_run_systemd; then
  sleep 1.1
  run_service
  check "systemd runs the service" ended_in 'inactive, 0 restarts, exit code 0'
  check "which releases" said '"released":true'
  run_service 's/ --json/ --json --max-rmse-rise=-1/'
  check "a gate is not tried again" ended_in 'failed, 0 restarts, exit code 5'
  check "and the journal says which it was" said 'gate quality failed'
  sed -i 's|^ES_URL=.*|ES_URL=https://127.0.0.1:1|' "$dir/release.env"
  run_service
  check "a cluster that is away is" ended_in 'failed, 4 restarts, exit code 3'
  check "four times, and the journal says why" said_times 4 '^recsys-loader release: .*cannot be reached'
else
  for number in 8 9 10 11 12 13; do echo "ok $number - the service # SKIP systemd cannot be run here"; done
fi
exit $failed
