#!/usr/bin/env bash
# A cluster of two nodes, each with one shard of a release. When one of them stops, half of the movies are gone from every answer:
# nothing that reads may take that for an answer. The nodes are this test's own, of a server that ./dev cluster has unpacked.
# Arguments: recsys-trainer, recsys-loader, recsys-bridge, the folder with the servers, the major version of the one to run.
# shellcheck disable=SC2317  # check and a trap call the functions
set -euo pipefail
trainer=$(realpath -- "$1") loader=$(realpath -- "$2") bridge=$(realpath -- "$3") servers=$4 version=$5
as_server=()
if [ "$(id -u)" = 0 ]; then as_server=(setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups); fi
skip() { echo "1..0 # SKIP $*"; exit 0; }

java=''; newest=0
for candidate in /usr/lib/jvm/*/bin/java ${JAVA_HOME:+"$JAVA_HOME/bin/java"}; do
  major=$("${as_server[@]}" "$candidate" -XX:-UsePerfData -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p') || continue
  if ((${major:-0} > newest)); then java=$candidate; newest=$major; fi
done
case $version in 9) least=21 ;; *) least=17 ;; esac
home=$(realpath -q -- "$servers/$version".*/ | tail -n 1 || true)   # the newest
[ -d "$home" ] || skip "no Elasticsearch $version in $servers: ./dev cluster start --server $version unpacks one"
((newest >= least)) || skip "no Java $least or newer"
"${as_server[@]}" test -x "$home" || skip "user nobody, as whom root runs Elasticsearch, cannot enter $home"

dir=$(mktemp -d); chmod 755 "$dir"
declare -A pid
end_node() { # NAME: the launcher and what it started are a group
  kill -TERM -- "-${pid[$1]}" 2>/dev/null || true
  for _ in {1..300}; do kill -0 -- "-${pid[$1]}" 2>/dev/null || return 0; sleep 0.1; done
  kill -KILL -- "-${pid[$1]}" 2>/dev/null || true
}
finish() { local name; for name in "${!pid[@]}"; do end_node "$name"; done; rm -rf "$dir"; }
trap finish EXIT
trap 'exit 130' INT TERM

# Nodes of one machine find each other by the first ports of their range.
start_node() { # NAME ROLES
  local at=$dir/$1 launcher
  mkdir -p "$at"/{data,logs,tmp}
  cp -r "$home/config" "$at/config"
  cat >"$at/config/elasticsearch.yml" <<YML
cluster.name: recsys-two-nodes-$$
node.name: $1
node.roles: [$2]
network.host: 127.0.0.1
http.port: 19600-19699
transport.port: 19700-19799
node.portsfile: true
path.data: $at/data
path.logs: $at/logs
cluster.routing.allocation.disk.threshold_enabled: false
xpack.security.enabled: false
YML
  [[ $2 != *master* ]] || echo "cluster.initial_master_nodes: [$1]" >>"$at/config/elasticsearch.yml"
  mkdir -p "$at/config/jvm.options.d"
  # They run for seconds: without the optimising compiler they start in half the time.
  printf '%s\n' -Xms512m -Xmx512m -XX:-UsePerfData -XX:TieredStopAtLevel=1 >"$at/config/jvm.options.d/recsys.options"
  ((${#as_server[@]} == 0)) || chown -R nobody: "$at"
  case $home in
    */9.*) launcher=(-cp "$home/lib/tools/server-launcher/*" org.elasticsearch.server.launcher.ServerLauncher) ;;
    *) launcher=(-Dcli.name=server -Dcli.script=elasticsearch -Dcli.libs=lib/tools/server-cli "-Des.path.home=$home" "-Des.path.conf=$at/config"
      -Des.distribution.type=zip -Des.java.type=ES_JAVA_HOME -cp "$home/lib/*:$home/lib/cli-launcher/*" org.elasticsearch.launcher.CliToolLauncher) ;;
  esac
  (cd "$home" && exec setsid "${as_server[@]}" env -i PATH=/usr/bin:/bin LANG=C.UTF-8 HOME="$at" ES_TMPDIR="$at/tmp" ES_HOME="$home" ES_PATH_CONF="$at/config" \
    ES_DISTRIBUTION_TYPE=zip CLI_JAVA_OPTS='-Xmx64m -XX:+UseSerialGC -XX:-UsePerfData' JAVA="$java" JAVA_TYPE=ES_JAVA_HOME \
    "$java" -Xmx64m -XX:+UseSerialGC -XX:-UsePerfData "${launcher[@]}") </dev/null >"$dir/$1.log" 2>&1 &
  pid[$1]=$!
}

wait_for() { # SECONDS COMMAND…
  local end=$((SECONDS + $1))
  until "${@:2}"; do ((SECONDS < end)) || return 1; sleep 0.3; done
}
ask() { curl -sS -f --noproxy '*' -m 20 -H 'Content-Type: application/json' -X "$1" "$url/$2" ${3:+-d "$3"} 2>/dev/null; }
nodes_are() { ask GET "_cluster/health?filter_path=number_of_nodes" | grep -q ":$1}"; }
shards_on() { ask GET "_cat/shards/$alias-2*?h=state,node" | grep -c "STARTED $1"; }
is_spread() { [ "$(shards_on first)" = 1 ] && [ "$(shards_on second)" = 1 ]; }

start_node first master,data
start_node second data
has_ports() { [ -s "$dir/first/logs/http.ports" ]; }
wait_for 120 has_ports || { sed 's/^/# /' "$dir/first.log" | tail -n 20; echo "Bail out! The first node did not start"; exit 1; }
url=http://$(head -n 1 "$dir/first/logs/http.ports")
wait_for 120 nodes_are 2 || { sed 's/^/# /' "$dir/second.log" | tail -n 20; echo "Bail out! The second node did not join"; exit 1; }
alias=two-nodes

number=0; failed=0
check() { # NAME STATUS TEXT COMMAND…
  local status=0
  number=$((number + 1))
  "${@:4}" >"$dir/said" 2>&1 || status=$?
  if [ "$status" = "$2" ] && grep -q -e "$3" "$dir/said"; then echo "ok $number - $1"; return; fi
  echo "not ok $number - $1"; failed=1
  { echo "exit code $status, expected $2 and '$3'"; cat "$dir/said"; } | sed 's/^/# /'
}
prepare() {
  "$trainer" synth "$dir/synth" --users 60 --movies 90 --ratings 2500 --seed 1 &&
    "$trainer" train "$dir/synth" "$dir/bundle" --factors 8 --epochs 1
}
spread() { # one shard on each node, no copies
  ask PUT "$alias-2*/_settings" '{"index":{"auto_expand_replicas":false,"number_of_replicas":0}}' && wait_for 60 is_spread && echo spread
}
where=(--url "$url" --alias "$alias")
echo "1..9"
check "a bundle" 0 '' prepare
check "released in two shards" 0 "$alias" "$loader" release "$dir/bundle" "${where[@]}" --skip-gate baseline --shards 2
check "one shard on each node" 0 spread spread
check "both nodes there" 0 'parity: yes' "$bridge" verify "$dir/bundle" "${where[@]}" --random 5 --depth 10
echo '{"size":10,"query":{"match_all":{}}}' >"$dir/query.json"
end_node second
wait_for 60 nodes_are 1
check "verify with half of the shards" 7 'shards' "$bridge" verify "$dir/bundle" "${where[@]}" --random 5 --depth 10
check "verify from the cluster alone" 7 'shards' "$bridge" verify --from-cluster "${where[@]}" --random 5 --depth 10
check "a round of watch" 7 'without a verdict' "$bridge" watch "$dir/bundle" "${where[@]}" --rounds 1
check "check-query" 7 'shards' "$bridge" check-query "$dir/query.json" "$dir/bundle" "${where[@]}"
check "recommend" 7 'shards' "$loader" recommend --gender M "${where[@]}"
exit $failed
