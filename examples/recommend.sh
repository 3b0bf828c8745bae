#!/bin/sh
# Recommends movies from a release of recsys-loader, with curl, jq 1.6 or newer, and GNU's tools.
#
# Usage: recommend.sh [--url URL] [--alias ALIAS] [--size N] [--save FOLDER] [--user-only] TYPE=VALUE…
#        recommend.sh --anyone
#
# A user is the whole person: their own age, gender and so on come in by themselves, unless --user-only. --anyone is the average
# person.
#
#   recommend.sh age=18 gender=M
#   recommend.sh user=42 --save . && recsys-bridge check-query search.json --answer answer.json
#
# ES_URL, ES_API_KEY and ES_CA_CERT in the environment say where the cluster is, who asks, and what to trust.
set -eu
export LC_ALL=C
# Exit codes, the ones of the programs of recsys-es; 0 is done.
usage=1 data=2 unreachable=3 refused=4 inconclusive=7
fail() { # CODE MESSAGE, without the password of a URL
  echo "recommend.sh: $2" | sed 's|//[^/]*@|//|g' >&2
  exit "$1"
}
for tool in curl jq; do command -v $tool >/dev/null || fail $usage "$tool is not installed"; done
help() { sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; }

url=${ES_URL:-http://127.0.0.1:9200} alias=recsys size=10 save='' user_only='' anyone=''
newest=2 # format of `_meta` that is known here
words=$(getopt -n recommend.sh -o h -l help,url:,alias:,size:,save:,user-only,anyone -- "$@") || exit $usage
eval "set -- $words"
while [ "$1" != -- ]; do
  case $1 in
    --url) url=$2 ;;
    --alias) alias=$2 ;;
    --size) size=$2 ;;
    --save) save=$2 ;;
    --user-only) user_only=1; shift; continue ;;
    --anyone) anyone=1; shift; continue ;;
    *) help; exit ;;
  esac
  shift 2
done
shift
case $size in
  [!1-9]* | *[!0-9]* | ??????* | '') size=0 ;;
esac
if [ "$size" -lt 1 ] || [ "$size" -gt 10000 ]; then fail $usage "--size must be 1 to 10000"; fi
[ $# -gt 0 ] || [ "$anyone" ] || [ "$user_only" ] || fail $usage "for whom? such as: recommend.sh age=18 gender=M"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# ask ANSWER-FILE PATH [BODY-FILE]; fails for 404. The key comes through a pipe: a command line is for everybody to see.
ask() {
  printf '%s\n' ${ES_API_KEY:+"header = \"Authorization: ApiKey $ES_API_KEY\""} |
    curl -sS -K - ${ES_CA_CERT:+--cacert "$ES_CA_CERT"} -H 'Content-Type: application/json' ${3:+--data-binary "@$3"} \
      -o "$1" -w '%{http_code}' "${url%/}$2" >"$dir/status" 2>"$dir/why" ||
    fail $unreachable "$url cannot be reached: $(sed -n 's/^curl: ([0-9]*) //p' "$dir/why")"
  status=$(cat "$dir/status")
  case $status in
    200) return 0 ;;
    404) return 1 ;;
    502 | 503 | 504) code=$unreachable ;;
    *) code=$refused ;;
  esac
  fail "$code" "$url answers with $status: $(jq -r '.error | .reason? // .' "$1" 2>/dev/null || echo 'no JSON')"
}
changed() { fail $inconclusive "the release changed while it was read; try again"; }

# What the jq programs below have in common: `"what is wrong" | fail` ends this script.
jq_fail='def fail: "recommend.sh: \(.)\n" | halt_error(1);'

# ["age=18", "gender=M"] is [{"type": "age", "value": "18"}, {"type": "gender", "value": "M"}].
jq -n "$jq_fail"'[$ARGS.positional[]
    | capture("^(?<type>[^=]+)=(?<value>.+)$") // ("\(.): TYPE=VALUE is expected, such as age=18" | fail)
    | if .type == "movie" then "movie=\(.value): movies are what is recommended, not whom for" | fail else . end]
  | (group_by(.type)[] | select(length > 1)
    | "\(.[0].type) is given twice, as \(.[0].value) and as \(.[1].value): which one?" | fail), .' \
  --args "$@" >"$dir/features.json"
if [ "$anyone" ] && [ $# -gt 0 ]; then fail $usage "--anyone is the average person: leave out either that or the rest"; fi
if [ "$user_only" ] && ! jq -e 'any(.type == "user")' "$dir/features.json" >"$dir/checked"; then
  fail $usage "--user-only goes with user=ID: which one?"
fi

ask "$dir/mapping.json" "/$alias/_mapping" || fail $refused "nothing is released as $alias at $url"
index=$(jq -r 'keys[0]' "$dir/mapping.json")
jq -e '.[].mappings._meta | select(.model_id)' "$dir/mapping.json" >"$dir/meta.json" ||
  fail $refused "$index is no release of recsys-loader"
format=$(jq .format "$dir/meta.json")
[ "$format" -le $newest ] || fail $refused "$index is of format $format, and only $newest is known here: take a newer example"
[ $# -gt 0 ] || jq -e '.interactions == "movie"' "$dir/meta.json" >"$dir/checked" ||
  fail $usage "$index has no average person: it is a plain factorization machine"

# fetch ANSWER-FILE NAME IDS-FILE: documents, all of the release.
fetch() {
  if jq -e '.ids == []' "$3" >"$dir/checked"; then
    echo '{"docs": []}' >"$1"
    return
  fi
  ask "$1" "/$2/_mget?realtime=false&_source_includes=embedding,bias,model_id,attributes" "$3" || changed
  jq -e --slurpfile meta "$dir/meta.json" --arg index "$index" 'all(.docs[]; ._index == $index and (.error | not)
    and (._source == null or ._source.model_id == $meta[0].model_id))' "$1" >"$dir/checked" || changed
}

# 1. What the model knows of the person, from the alias. age=18 is age_18; in a release with --doc-ids feature-index, metadata
# goes by the number in _meta.
jq --slurpfile features "$dir/features.json" "$jq_fail"'. as $meta | {ids: [$features[0][] | . as {$type, $value}
  | if $type == "user" then $value
    else ($meta.features[$type] // {}) as $known
      | if $known | has($value) | not then ($known | keys | if all(test("^[0-9]+$")) then sort_by(tonumber) else . end
          | "there is no \($type) \($value) in this release; known: \(join(", ") | if . == "" then "none" else . end)" | fail)
        elif $meta.doc_ids == "feature-index" then $known[$value]
        else $value end
    end | "\($type)_\(.)"]}' "$dir/meta.json" >"$dir/ids.json"
fetch "$dir/named.json" "$alias" "$dir/ids.json"
jq --slurpfile features "$dir/features.json" --arg index "$index" "$jq_fail"'.docs | to_entries[] | select(.value.found | not)
  | $features[0][.key] | "there is no \(.type) \(.value) in release \($index)" | fail' "$dir/named.json"

# A user's document names those of their attributes, from the very index that named them; those of types that the profile names
# itself are left out.
jq --slurpfile features "$dir/features.json" --slurpfile meta "$dir/meta.json" --arg user_only "$user_only" --argjson refused $refused '
  ([$meta[0].features | to_entries[] | .key as $type | .value | to_entries[]
    | {key: "\($type)_\(if $meta[0].doc_ids == "feature-index" then .value else .key end)", value: $type}] | from_entries) as $types
  | {ids: [if $user_only == "" then .docs[]._source.attributes // [] | .[] else empty end
    | . as $id | $types[$id] as $type
    | if $type == null then "recommend.sh: a user has the attribute \($id), which the release does not have: release it again\n"
        | halt_error($refused) else . end
    | select(any($features[0][]; .type == $type) | not)]}' "$dir/named.json" >"$dir/ids.json"
fetch "$dir/rest.json" "$index" "$dir/ids.json"
jq -e 'all(.docs[]; .found)' "$dir/rest.json" >"$dir/checked" || changed
jq -s '{docs: map(.docs) | add}' "$dir/named.json" "$dir/rest.json" >"$dir/profile.json"

# A vector comes back as it was sent: numbers, or big-endian float32 in base64. One array a line.
arrays() {
  jq -r 'if type == "string" then . else tojson end' |
    while read -r vector; do
      case $vector in
        '['*) printf '%s\n' "$vector" ;;
        *) printf '%s' "$vector" | base64 -d | od -An -v -w4 -t f4 --endian=big | jq -cs . ;;
      esac
    done
}
jq '.docs[]._source.embedding' "$dir/profile.json" | arrays >"$dir/vectors.json"

# 2. The movies, from the very index that these vectors are of. The vectors are added in double and rounded to float32 once. Of a
# model of two halves the first is for ratings, and lists go by the other.
# No score may be below zero: <query, movie> is at least -|query| |movie| (Cauchy-Schwarz); a little more for rounding.
# shellcheck disable=SC2016  # jq's variables, not the shell's
jq_whole='def float32: frexp as [$mantissa, $exponent] | ldexp($mantissa * 16777216 | nearbyint; $exponent - 24);
  $meta[0] as $meta | ($meta.rating_dimensions // 0) as $half
  | (if $vectors == [] then [range($meta.k) | 0] else $vectors | map(map(float32)) | transpose | map(add | float32) end) as $whole
  |'
jq -n --slurpfile vectors "$dir/vectors.json" --slurpfile meta "$dir/meta.json" --argjson size "$size" "$jq_whole"'
  ([range($half) | 0] + $whole[$half:]) as $query
  | (1.001 * ($query | map(. * .) | add | sqrt) * $meta.max_movie_norm + 1e-6 - $meta.min_movie_bias) as $shift
  | {size: $size, track_total_hits: false, _source: (if $half > 0 then ["title", "embedding"] else ["title"] end),
     sort: [{_score: "desc"}, {feature_index: "asc"}],
     query: {script_score: {
       query: {bool: {filter: [{term: {feature_type: "movie"}}]}},
       script: {source: "params.shift + dotProduct(params.query_vector, \u0027embedding\u0027) + doc[\u0027bias\u0027].value",
                params: {shift: ([0, $shift] | max), query_vector: $query}}}}}' >"$dir/search.json"
ask "$dir/answer.json" "/$index/_search?allow_partial_search_results=false" "$dir/search.json" || changed
for file in search.json answer.json; do
  [ -z "$save" ] || cp "$dir/$file" "$save/$file" 2>"$dir/why" || fail $data "$(cat "$dir/why")"
done

# A rating is made of the score, or of the half that is for ratings, and of what is the same for every movie: w0, the biases, and,
# unless documents are residuals, the dot products of the profile's features with each other. Some models have no ratings.
jq '.hits.hits[]._source.embedding // empty' "$dir/answer.json" | arrays >"$dir/movies.json"
jq -r --slurpfile vectors "$dir/vectors.json" --slurpfile meta "$dir/meta.json" --slurpfile profile "$dir/profile.json" \
  --slurpfile search "$dir/search.json" --slurpfile movies "$dir/movies.json" "$jq_whole"'
  def square: map(. * .) | add;
  def rating: if $meta.link == "identity" then [[., $meta.lowest] | max, $meta.highest] | min
    else $meta.scale / (1 + (-. | exp)) end;
  def hundredths: (. * 100 | round) as $n | "\($n / 100 | floor).\("0\($n % 100)"[-2:])";
  $search[0].query.script_score.script.params as $params
  | ($meta.w0 + ([0, $profile[0].docs[]._source.bias] | add)
    + if $meta.interactions == "movie" then 0 else (($params.query_vector | square) - ($vectors | map(square) | add)) / 2 end) as $offset
  | .hits.hits | to_entries[]
  | (if $half > 0 then $movies[.key][0] + ([range(1; $half) as $d | $whole[$d] * $movies[.key][$d]] | add // 0)
     else .value._score - $params.shift end) as $part
  | "\(if $meta.link == "none" then "   -" else $offset + $part | rating | hundredths end)  \(.value._source.title)"' "$dir/answer.json"
