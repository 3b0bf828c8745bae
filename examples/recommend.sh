#!/bin/sh
# Recommends movies from a release of recsys-loader, with curl and jq.
#
# Usage: recommend.sh [--url URL] [--alias ALIAS] [--size N] [--save FOLDER] TYPE=VALUE…
#
#   recommend.sh age=18 gender=M
#   recommend.sh --save . user=42 && recsys-bridge check-query search.json --answer answer.json
#
# ES_URL, ES_API_KEY and ES_CA_CERT in the environment say where the cluster is, who asks, and what to trust.
set -eu
export LC_ALL=C
url=${ES_URL:-http://127.0.0.1:9200} alias=recsys size=10 save=
while [ $# -gt 1 ]; do
  case $1 in
    --url) url=$2 ;;
    --alias) alias=$2 ;;
    --size) size=$2 ;;
    --save) save=$2 ;;
    *) break ;;
  esac
  shift 2
done
die() { echo "recommend.sh: $*" >&2; exit 1; }
case ${1--} in -*) die "for whom? such as: recommend.sh age=18 gender=M" ;; esac
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# ask ANSWER-FILE PATH [BODY-FILE]. The key comes through a pipe: a command line is for everybody to see.
ask() {
  printf '%s\n' ${ES_API_KEY:+"header = \"Authorization: ApiKey $ES_API_KEY\""} |
    curl -sS -K - ${ES_CA_CERT:+--cacert "$ES_CA_CERT"} -H 'Content-Type: application/json' ${3:+--data-binary "@$3"} \
      -o "$1" -w '%{http_code}' "${url%/}$2" >"$dir/status" || exit 1
  [ "$(cat "$dir/status")" = 200 ] && return
  cat "$1" >&2
  die "$2 was answered with $(cat "$dir/status"); if a release was just made, try again"
}

ask "$dir/mapping.json" "/$alias/_mapping"
index=$(jq -r 'keys[0]' "$dir/mapping.json")
jq '.[].mappings._meta' "$dir/mapping.json" >"$dir/meta.json"

# 1. What the model knows of the person, from the alias. age=18 is age_18; in a release with --doc-ids feature-index, metadata
# goes by the number in _meta.
jq '. as $meta | {ids: [$ARGS.positional[]
  | (capture("^(?<type>[^=]+)=(?<value>.*)$") // error("\(.): TYPE=VALUE is expected, such as age=18")) as {$type, $value}
  | if $type == "user" or $type == "movie" then $value
    else $meta.features[$type][$value] // error("there is no \($type) \($value) in this release")
      | if $meta.doc_ids == "feature-index" then . else $value end
    end | "\($type)_\(.)"]}' "$dir/meta.json" --args "$@" >"$dir/ids.json"
ask "$dir/profile.json" "/$alias/_mget?realtime=false&_source_includes=embedding,bias,model_id" "$dir/ids.json"
jq -e --slurpfile meta "$dir/meta.json" --arg index "$index" '.docs[]
  | if ._index != $index then error("the release changed; try again") else . end
  | if .found then . else error("there is no \(._id) in this release") end
  | if ._source.model_id == $meta[0].model_id then . else error("the release changed; try again") end' \
  "$dir/profile.json" >"$dir/checked"

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
ask "$dir/answer.json" "/$index/_search?allow_partial_search_results=false" "$dir/search.json"
[ -z "$save" ] || cp "$dir/search.json" "$dir/answer.json" "$save"

# A rating is made of the score and of what is the same for every movie: w0, the biases, and the dot products of the profile's
# features with each other.
jq -r --slurpfile vectors "$dir/vectors.json" --slurpfile meta "$dir/meta.json" --slurpfile profile "$dir/profile.json" \
  --slurpfile search "$dir/search.json" '
  def square: map(. * .) | add;
  $meta[0] as $meta | $search[0].query.script_score.script.params as $params
  | ($meta.w0 + ([$profile[0].docs[]._source.bias] | add) + (($params.query_vector | square) - ($vectors | map(square) | add)) / 2) as $offset
  | .hits.hits[] | ($meta.scale / (1 + ($params.shift - ._score - $offset | exp)) * 100 | round) as $hundredths
  | "\($hundredths / 100 | floor).\("0\($hundredths % 100)"[-2:])  \(._source.title)"' "$dir/answer.json"
