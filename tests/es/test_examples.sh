#!/usr/bin/env bash
# The clients in examples/, against a release: each must find the movies of recsys-loader recommend, in its order and with its
# ratings, what each sent and got must be right by recsys-bridge check-query, and all must print the same, errors too.
# Arguments: the variable with the server's URL, recsys-trainer, recsys-loader, recsys-bridge, the folder examples, and a folder
# for the Python packages.
# shellcheck disable=SC2317  # check and a trap call the functions
set -euo pipefail
variable=$1 url=${!1:-}
trainer=$(realpath -- "$2") loader=$(realpath -- "$3") bridge=$(realpath -- "$4") examples=$(realpath -- "$5") venv=$6
make_venv=$(realpath -- "$(dirname "$0")/../venv.sh")
[ -n "$url" ] || { echo "1..0 # SKIP $variable is not set: ./dev test starts a server and sets it"; exit 0; }
command -v jq >/dev/null || { echo "1..0 # SKIP jq is not installed"; exit 0; }
secure=${ES_URL_SECURE:-} secure_ca=${ES_SECURE_CA:-}
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

as_options() { local feature; for feature; do printf -- '--%s\n' "${feature#--}"; done; }

same_list() { # TYPE=VALUE…
  mapfile -t options < <(as_options "$@")
  rm -f search.json answer.json
  "${client[@]}" --url "$url" --alias "$alias" --size 20 --save "$dir" "$@" >said
  "$loader" recommend --url "$url" --alias "$alias" --size 20 --json "${options[@]}" >ours.json
  jq -r '.movies[].id' ours.json >ours.ids
  jq -r '.hits.hits[]._id' answer.json >their.ids
  [ "$(wc -l <ours.ids)" = 20 ] && diff ours.ids their.ids &&
    jq -r '.movies[] | "\(.rating // "-") \(.title)"' ours.json >ours && diff <(cut -d' ' -f2- ours) <(cut -c7- said) &&
    paste -d' ' <(cut -d' ' -f1 ours) <(awk '{ print $1 }' said) |
    awk '{ d = $1 - $2; if (d * d > 0.0051 ^ 2 || ($1 == "-") != ($2 == "-")) { print "rating " $2 " instead of " $1; bad = 1 } }
      END { exit bad || NR != 20 }'
}

same_movies() { # TYPE=VALUE…
  local options
  same_list "$@" &&
    "$bridge" check-query search.json --answer answer.json --url "$url" --alias "$alias" "${options[@]}"
}

# A user alone is who all their attributes are given of.
whole_person() { # USER
  local whole
  mapfile -t whole < <(jq -r --arg user "$1" 'select(.type == "user" and .value == $user)
    | .attributes | to_entries[] | "\(.key)=\(.value)"' bundle/features.jsonl)
  [ "${#whole[@]}" = 3 ] &&
    "${client[@]}" --url "$url" --alias "$alias" --size 20 "user=$1" >first &&
    "${client[@]}" --url "$url" --alias "$alias" --size 20 "user=$1" "${whole[@]}" >second &&
    "${client[@]}" --url "$url" --alias "$alias" --size 20 "user=$1" --user-only >third &&
    diff first second && ! cmp -s first third && same_movies "user=$1" && same_movies "user=$1" --user-only &&
    same_movies age=56 "user=$1"
}

# The same numbers in another form: training.json goes through a filter.
reform() { # FILTER
  rm -rf formed && cp -r bundle formed && jq -c "$1" bundle/training.json >formed/training.json &&
    jq -c --arg sum "$(sha256sum formed/training.json | cut -d' ' -f1)" --argjson size "$(stat -c %s formed/training.json)" \
      '.format = 2 | (.files[] | select(.name == "training.json")) |= (.sha256 = $sum | .bytes = $size)' bundle/manifest.json \
      >formed/manifest.json
}

# In another form: a whole person, a part of one, the average person.
other_form() { # FUNCTION
  "$1" user=42 && "$1" user=42 --user-only && "$1" user=7 age=1 && "$1" age=18 gender=M && "$1" --anyone
}

# A release of a later version: its `_meta` is all that changes.
of_the_future() {
  local index
  index=$(curl -sS "$url/_cat/aliases/$alias?h=index") &&
    curl -sS "$url/$index/_mapping" >mapping.json && jq -c '{_meta: (.[].mappings._meta | .format = 3)}' mapping.json >later.json &&
    curl -sS -X PUT -H 'Content-Type: application/json' --data-binary @later.json "$url/$index/_mapping" >log
}

# Runs the example and wants nothing but one line on standard error: its name, and what fits PATTERN.
refuses() { # EXIT-CODE PATTERN ARGUMENT…
  local rc=0 line name
  "${client[@]}" --url "$url" --alias "$alias" "${@:3}" >said 2>complaint || rc=$?
  cat said complaint
  line=$(cat complaint) name=${client[-1]##*/}
  [ "$rc" = "$1" ] || { echo "exit code $rc instead of $1"; return 1; }
  # shellcheck disable=SC2053  # a pattern
  [[ ! -s said && $line == "$name: "$2 && $(wc -l <complaint) = 1 ]] || { echo "instead of $name: $2"; return 1; }
}

# Without credentials, with wrong ones, and without the certificate to trust.
refused_by_security() {
  local url=$secure
  ES_API_KEY=d3Jvbmc6a2V5 ES_CA_CERT=$secure_ca NODE_EXTRA_CA_CERTS=$secure_ca refuses 4 "$url answers with 401: *" age=18 &&
    ES_CA_CERT=$secure_ca NODE_EXTRA_CA_CERTS=$secure_ca refuses 4 "$url answers with 401: *" age=18 &&
    refuses 3 "$url cannot be reached: *self*signed certificate*" age=18
}

explains_itself() {
  "${client[@]}" --help >said && cat said && grep -q '^  *recommend\.[a-z]* age=18 gender=M$' said && grep -q 'ES_API_KEY' said
}

# The options may be anywhere, and as --option=value.
takes_any_order() {
  "${client[@]}" --url "$url" --alias "$alias" --size 3 age=18 gender=M >first &&
    "${client[@]}" age=18 --size=3 --url "$url" gender=M "--alias=$alias" >second && [ "$(wc -l <first)" = 3 ] && diff first second
}

without_library() {
  local client=(python3 -S -I "$examples/recommend.py")   # -S: without installed packages
  refuses 1 "elasticsearch-py * is not installed: pip install *" age=18
}

# What the three print, errors included.
same_words() { # PROFILES…, each TYPE=VALUE …
  local language features profile skip client first
  for profile; do
    read -ra features <<<"$profile"
    first=''
    for language in Python JavaScript curl; do
      skip='' client=()
      choose_client "$language"
      [ -z "$skip" ] || continue
      { "${client[@]}" --url "$url" --alias "$alias" "${features[@]}" 2>&1 || echo "exit code $?"; } |
        sed 's/^recommend\.[a-z]*: //' >"words.$language"
      if [ ! -s "words.$language" ] || ! diff "${first:=words.$language}" "words.$language"; then
        echo "$language, $profile"
        return 1
      fi
    done
    cat "$first"
  done
}

of_all_kinds() { # DESCRIPTION COMMAND…: of each example, or why not
  local language
  for language in Python JavaScript curl; do
    local skip='' client=()
    choose_client "$language"
    if [ -n "$skip" ]; then ok "$language: $1 # SKIP $skip"; else check "$language: $1" "${@:2}"; fi
  done
}

release() { "$loader" release "$dir/${bundle:-bundle}" --url "$url" --alias "$alias" --skip-gate baseline "$@"; }

prepare() {
  "$trainer" synth data --users 300 --movies 200 --ratings 20000 --seed 1 && "$trainer" train data bundle --factors 24 --epochs 2 --plain && release
}

prepare >log 2>&1 || { sed 's/^/# /' log; echo "Bail out! no release"; exit 1; }
profiles=("age=18 gender=M" "age=56 gender=F --size=50" user=42 "user=1 age=25 gender=M occupation=4" occupation=0 "gender=F age=1 --size=1"
  age=17 occupation=99 gender=X user=99999 planet=Mars movie=1 "age=18 age=25" age "=18" "age=" "age=18 --size=-1" "age=18 --size=2.5")
echo 1..94
of_all_kinds "metadata alone" same_movies age=18 gender=M
of_all_kinds "a user, whose vector may come in base64" same_movies user=42 age=56 gender=F occupation=7
of_all_kinds "a user is the whole person" whole_person 42
of_all_kinds "anyone, of whom a plain factorization machine knows nothing" refuses 1 "$alias-* has no average person: it is *" --anyone
of_all_kinds "anyone who is 18" refuses 1 "--anyone is the average person: leave out either that or the rest" age=18 --anyone
of_all_kinds "a user's own vector, and no user" refuses 1 "--user-only goes with user=ID: which one?" --user-only age=18
of_all_kinds "options anywhere" takes_any_order
of_all_kinds "help" explains_itself
of_all_kinds "an age that is unknown, and those that are known" refuses 1 \
  "there is no age 17 in this release; known: 1, 18, 25, 35, 45, 50, 56" age=17
of_all_kinds "an occupation that is unknown: 10 comes after 9" refuses 1 \
  "there is no occupation 21 in this release; known: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, *, 20" occupation=21
of_all_kinds "a gender that is unknown" refuses 1 "there is no gender X in this release; known: F, M" gender=X
of_all_kinds "a kind that is unknown" refuses 1 "there is no planet Mars in this release; known: none" planet=Mars
of_all_kinds "a user who is unknown" refuses 1 "there is no user 99999 in release $alias-*" user=99999
of_all_kinds "two ages" refuses 1 "age is given twice, as 18 and as 25: which one?" age=18 gender=M age=25
of_all_kinds "a movie" refuses 1 "movie=1: movies are what is recommended, not whom for" movie=1
of_all_kinds "nobody" refuses 1 "for whom? such as: recommend.* age=18 gender=M"
for wrong in 0 x 10001; do
  of_all_kinds "--size $wrong" refuses 1 "--size must be 1 to 10000" age=18 "--size=$wrong"
done
of_all_kinds "an option that is unknown" refuses 1 "*--sizes*" age=18 --sizes=3
of_all_kinds "an alias that is not there" refuses 4 "nothing is released as $alias-none at $url" age=18 --alias "$alias-none"
of_all_kinds "no folder to save to" refuses 2 "*/none/search.json*" age=18 --save "$dir/none"
of_all_kinds "no server" refuses 3 "http://127.0.0.1:1 cannot be reached: *" age=18 --url http://127.0.0.1:1
if [ -n "$secure" ]; then of_all_kinds "who may not ask" refused_by_security
else for language in Python JavaScript curl; do ok "$language: who may not ask # SKIP ES_URL_SECURE is not set"; done; fi
check "Python: no elasticsearch-py" without_library
check "all print the same" same_words "${profiles[@]}"
sleep 1.1   # the names of indices have the time to the second
release --doc-ids feature-index >log 2>&1 || { sed 's/^/# /' log; echo "Bail out! no second release"; exit 1; }
of_all_kinds "documents named by feature index" same_movies user=42 age=18 gender=M
check "all print the same, documents named by feature index" same_words "${profiles[@]:0:6}"
bundle=formed
for form in \
  'residuals|same_movies|.interactions = "movie" | .link = {type: "identity", lowest: 0.2, highest: 0.3}' \
  'without ratings|same_movies|.objective = "ranking" | .interactions = "movie" | .link = {type: "none"}' \
  'two halves|same_movies|.objective = "both" | .interactions = "movie" | .rating_dimensions = 5
    | .link = {type: "identity", lowest: 0, highest: 5}'; do
  name=${form%%|*} form=${form#*|}
  reform "${form#*|}"
  sleep 1.1
  release >log 2>&1 || { sed 's/^/# /' log; echo "Bail out! no release of the form $name"; exit 1; }
  of_all_kinds "a model of another form, $name" other_form "${form%%|*}"
  check "all print the same, $name" same_words user=42 --anyone "user=42 --user-only" "age=18 --size=3" user=99999
done
check "a later format" of_the_future
of_all_kinds "a later format" refuses 4 "$alias-* is of format 3, and only 2 is known here: take a newer example" age=18
exit $failed
