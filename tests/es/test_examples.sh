#!/usr/bin/env bash
# The clients in examples/, against a release: each must find the movies of recsys-loader recommend, in its order and with its
# ratings, and what each sent and got must be right by recsys-bridge check-query.
# Arguments: the variable with the server's URL, recsys-trainer, recsys-loader, recsys-bridge, the folder examples, and a folder
# for the Python packages.
# shellcheck disable=SC2317  # check and a trap call the functions
set -euo pipefail
variable=$1 url=${!1:-}
trainer=$(realpath -- "$2") loader=$(realpath -- "$3") bridge=$(realpath -- "$4") examples=$(realpath -- "$5") venv=$6
make_venv=$(realpath -- "$(dirname "$0")/../venv.sh")
[ -n "$url" ] || { echo "1..0 # SKIP $variable is not set: ./dev test starts a server and sets it"; exit 0; }
command -v jq >/dev/null || { echo "1..0 # SKIP jq is not installed"; exit 0; }
unset "${!ES_@}"
alias=recsys-test-examples-$$
dir=$(mktemp -d)
finish() {
  for index in $(curl -sS "$url/_cat/indices/$alias-*?h=index"); do curl -sS -o "$dir/out" -X DELETE "$url/$index"; done
  rm -rf "$dir"
}
trap finish EXIT
cd "$dir"

number=0; failed=0
ok() { number=$((number + 1)); echo "ok $number - $1"; }
not_ok() { number=$((number + 1)); failed=1; echo "not ok $number - $1"; sed 's/^/# /' why; }
check() { # NAME COMMAND…
  if "${@:2}" >why 2>&1; then ok "$1"; else not_ok "$1"; fi
}

# Sets `client` to the command line of an example; a reason to skip it goes to standard output.
choose_client() { # LANGUAGE
  local rc=0 python
  case $1 in
    Python)
      # Version 8 of the library can ask servers of 8 and 9.
      python=$("$make_venv" "$venv" 'elasticsearch>=8,<9' 2>why) || rc=$?
      case $rc in
        0) client=("$python" "$examples/recommend.py") ;;
        77) skip="elasticsearch-py cannot be installed here (python3-venv, pip, its package index)" ;;
        *) client=(cat why); return ;;
      esac ;;
    JavaScript)
      client=("$examples/recommend.mjs")
      node -e 'process.exit(typeof fetch === "function" ? 0 : 1)' 2>/dev/null || skip="there is no Node.js 18 or newer" ;;
    curl) client=("$examples/recommend.sh") ;;
  esac
}

as_options() { local feature; for feature; do printf -- '--%s\n' "$feature"; done; }

same_movies() { # TYPE=VALUE…
  local options
  mapfile -t options < <(as_options "$@")
  rm -f search.json answer.json
  "${client[@]}" --url "$url" --alias "$alias" --size 20 --save "$dir" "$@" >said
  "$loader" recommend --url "$url" --alias "$alias" --size 20 --json "${options[@]}" >ours.json
  jq -r '.movies[].id' ours.json >ours.ids
  jq -r '.hits.hits[]._id' answer.json >their.ids
  [ "$(wc -l <ours.ids)" = 20 ] && diff ours.ids their.ids &&
    jq -r '.movies[] | "\(.rating) \(.title)"' ours.json >ours && diff <(cut -d' ' -f2- ours) <(cut -c7- said) &&
    paste -d' ' <(cut -d' ' -f1 ours) <(cut -d' ' -f1 said) |
    awk '{ d = $1 - $2; if (d * d > 0.0051 ^ 2) { print "rating " $2 " instead of " $1; bad = 1 } } END { exit bad || NR != 20 }' &&
    "$bridge" check-query search.json --answer answer.json --url "$url" --alias "$alias" "${options[@]}"
}

refuses() { # TYPE=VALUE WHAT-IT-SAYS
  local rc=0
  "${client[@]}" --url "$url" --alias "$alias" "$1" >said 2>&1 || rc=$?
  cat said
  [ "$rc" != 0 ] && grep -q -- "$2" said
}

of_all_kinds() { # DESCRIPTION COMMAND…: of each example, or why not
  local language
  for language in Python JavaScript curl; do
    local skip='' client=()
    choose_client "$language"
    if [ -n "$skip" ]; then ok "$language: $1 # SKIP $skip"; else check "$language: $1" "${@:2}"; fi
  done
}

release() { "$loader" release "$dir/bundle" --url "$url" --alias "$alias" "$@"; }

prepare() {
  "$trainer" synth data --users 300 --movies 200 --ratings 20000 --seed 1 && "$trainer" train data bundle --factors 24 --epochs 2 && release
}

prepare >log 2>&1 || { sed 's/^/# /' log; echo "Bail out! no release"; exit 1; }
echo 1..15
of_all_kinds "metadata alone" same_movies age=18 gender=M
of_all_kinds "a user, whose vector may come in base64" same_movies user=42 age=56 gender=F occupation=7
of_all_kinds "an age that is unknown" refuses age=17 "there is no age 17 in this release"
of_all_kinds "a user who is unknown" refuses user=99999 "there is no user_99999"
sleep 1.1   # the names of indices have the time to the second
release --doc-ids feature-index >log 2>&1 || { sed 's/^/# /' log; echo "Bail out! no second release"; exit 1; }
of_all_kinds "documents named by feature index" same_movies user=42 age=18 gender=M
exit $failed
