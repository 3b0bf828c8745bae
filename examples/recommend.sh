#!/bin/sh
# Recommends movies from a release of recsys-loader, with curl, jq 1.6 or newer, and GNU's tools.
#
# Usage: recommend.sh [--url URL] [--alias ALIAS] [--size N] [--save FOLDER] TYPE=VALUE…
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

url=${ES_URL:-http://127.0.0.1:9200} alias=recsys size=10 save=
words=$(getopt -n recommend.sh -o h -l help,url:,alias:,size:,save: -- "$@") || exit $usage
eval "set -- $words"
while [ "$1" != -- ]; do
  case $1 in
    --url) url=$2 ;;
    --alias) alias=$2 ;;
    --size) size=$2 ;;
    --save) save=$2 ;;
    *) help; exit ;;
  esac
  shift 2
done
shift
case $size in
  [!1-9]* | *[!0-9]* | ??????* | '') size=0 ;;
esac
if [ "$size" -lt 1 ] || [ "$size" -gt 10000 ]; then fail $usage "--size must be 1 to 10000"; fi
[ $# -gt 0 ] || fail $usage "for whom? such as: recommend.sh age=18 gender=M"
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

ask "$dir/mapping.json" "/$alias/_mapping" || fail $refused "nothing is released as $alias at $url"
index=$(jq -r 'keys[0]' "$dir/mapping.json")
jq -e '.[].mappings._meta | select(.model_id)' "$dir/mapping.json" >"$dir/meta.json" ||
  fail $refused "$index is no release of recsys-loader"

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
ask "$dir/profile.json" "/$alias/_mget?realtime=false&_source_includes=embedding,bias,model_id" "$dir/ids.json" || changed
jq -e --slurpfile meta "$dir/meta.json" --arg index "$index" 'all(.docs[]; ._index == $index and (.error | not)
  and (._source == null or ._source.model_id == $meta[0].model_id))' "$dir/profile.json" >"$dir/checked" || changed
jq --slurpfile features "$dir/features.json" --arg index "$index" "$jq_fail"'.docs | to_entries[] | select(.value.found | not)
  | $features[0][.key] | "there is no \(.type) \(.value) in release \($index)" | fail' "$dir/profile.json"

# A vector comes back as it was sent: numbers, or big-endian float32 in base64. One array a line.
jq -r '.docs[]._source.embedding | if type == "string" then . else tojson end' "$dir/profile.json" |
  while read -r vector; do
    case $vector in
      '['*) printf '%s\n' "$vector" ;;
      *) printf '%s' "$vector" | base64 -d | od -An -v -w4 -t f4 --endian=big | jq -cs . ;;
    esac
  done >"$dir/vectors.json"

# 2. The movies, from the very index that these vectors are of. The vectors are added in double and rounded to float32 once.
# No score may be below zero: <query, movie> is at least -|query| |movie| (Cauchy-Schwarz); a little more for rounding.
jq -n --slurpfile vectors "$dir/vectors.json" --slurpfile meta "$dir/meta.json" --argjson size "$size" '
  def float32: frexp as [$mantissa, $exponent] | ldexp($mantissa * 16777216 | nearbyint; $exponent - 24);
  $meta[0] as $meta
  | ($vectors | map(map(float32)) | transpose | map(add | float32)) as $query
  | (1.001 * ($query | map(. * .) | add | sqrt) * $meta.max_movie_norm + 1e-6 - $meta.min_movie_bias) as $shift
  | {size: $size, track_total_hits: false, _source: ["title"], sort: [{_score: "desc"}, {feature_index: "asc"}],
     query: {script_score: {
       query: {bool: {filter: [{term: {feature_type: "movie"}}]}},
       script: {source: "params.shift + dotProduct(params.query_vector, \u0027embedding\u0027) + doc[\u0027bias\u0027].value",
                params: {shift: ([0, $shift] | max), query_vector: $query}}}}}' >"$dir/search.json"
ask "$dir/answer.json" "/$index/_search?allow_partial_search_results=false" "$dir/search.json" || changed
for file in search.json answer.json; do
  [ -z "$save" ] || cp "$dir/$file" "$save/$file" 2>"$dir/why" || fail $data "$(cat "$dir/why")"
done

# A rating is made of the score and of what is the same for every movie: w0, the biases, and the dot products of the profile's
# features with each other.
jq -r --slurpfile vectors "$dir/vectors.json" --slurpfile meta "$dir/meta.json" --slurpfile profile "$dir/profile.json" \
  --slurpfile search "$dir/search.json" '
  def square: map(. * .) | add;
  $meta[0] as $meta | $search[0].query.script_score.script.params as $params
  | ($meta.w0 + ([$profile[0].docs[]._source.bias] | add) + (($params.query_vector | square) - ($vectors | map(square) | add)) / 2) as $offset
  | .hits.hits[] | ($meta.scale / (1 + ($params.shift - ._score - $offset | exp)) * 100 | round) as $hundredths
  | "\($hundredths / 100 | floor).\("0\($hundredths % 100)"[-2:])  \(._source.title)"' "$dir/answer.json"
