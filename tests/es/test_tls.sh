#!/usr/bin/env bash
# Which servers a client trusts, against `openssl s_server`, which also shows what reached it: a server that is not trusted
# must not get a request, since that has the credentials. Argument: recsys-loader. Needs no Elasticsearch.
set -euo pipefail
loader=$(realpath -- "$1")
command -v openssl >/dev/null || { echo "1..0 # SKIP openssl is not installed"; exit 0; }
unset "${!ES_@}"
dir=$(mktemp -d); server=
# shellcheck disable=SC2317  # the trap calls it
finish() { [ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$dir"; }
trap finish EXIT
cd "$dir"

make_certificates() {
  local new=(req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
  printf 'subjectAltName=IP:127.0.0.1\n' >names; printf 'subjectAltName=DNS:elsewhere\n' >elsewhere
  openssl "${new[@]}" -x509 -subj /CN=authority -keyout ca.key -out ca.pem
  openssl "${new[@]}" -x509 -subj /CN=evil -keyout evil.key -out evil.pem -addext "$(<names)"
  openssl "${new[@]}" -subj /CN=leaf -keyout leaf.key -out leaf.csr
  sign() { openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile "$1" -out "$2" "${@:3}"; }
  sign names leaf.pem -days 30; sign elsewhere other.pem -days 30
  # OpenSSL 3.5 knows dates and refuses negative days, 3.0 the other way round.
  sign names expired.pem -not_before 20200101000000Z -not_after 20200102000000Z || sign names expired.pem -days -1
}

fingerprint() { openssl x509 -noout -fingerprint -sha256 -in "$1" | cut -d= -f2; }

start_server() { # CERTIFICATE KEY
  for _ in {1..20}; do
    port=$((20000 + RANDOM % 12000))
    # Without an end of its input, or it would leave.
    openssl s_server -accept "127.0.0.1:$port" -cert "$1" -key "$2" -cert_chain ca.pem -quiet >received 2>log < <(sleep 20) & server=$!
    for _ in {1..50}; do
      kill -0 "$server" 2>/dev/null || break
      if (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return; fi
      sleep 0.05
    done
  done
  echo "Bail out! no server"; exit 1
}

number=0; failed=0
check() { # NAME trusted|refused CERTIFICATE KEY WORDS OPTION…
  local name=$1 expected=$2 words=$5 rc=0 verdict=ok seen=refused
  start_server "$3" "$4"
  ES_USERNAME=kim ES_PASSWORD=hush "$loader" recommend --age 18 --url "https://127.0.0.1:$port" --timeout 1 "${@:6}" >said 2>&1 || rc=$?
  kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; server=
  ! grep -qa Authorization received || seen=trusted
  number=$((number + 1))
  if [ "$rc" != 3 ] || [ "$seen" != "$expected" ] || ! grep -q "$words" said || grep -q hush said; then
    verdict="not ok"; failed=1
    echo "# exit code $rc, $seen:"; sed 's/^/#   /' said
  fi
  echo "$verdict $number - $name"
}

make_certificates >log 2>&1 || { cat log; echo "Bail out! no certificates"; exit 1; }
echo 1..11
# A server that is trusted gets the request, and says nothing to it: the time is up.
check "authority in a file" trusted leaf.pem leaf.key 'timed out' --ca-file ca.pem
check "authority by fingerprint" trusted leaf.pem leaf.key 'timed out' --ca-fingerprint "$(fingerprint ca.pem)"
check "own certificate by fingerprint" trusted leaf.pem leaf.key 'timed out' --ca-fingerprint "$(fingerprint leaf.pem)"
check "insecure" trusted evil.pem evil.key 'warning: --insecure' --insecure
check "unknown authority" refused leaf.pem leaf.key 'certificate' --idle-timeout 1
check "another file" refused leaf.pem leaf.key 'certificate' --ca-file evil.pem
check "another fingerprint" refused leaf.pem leaf.key 'has the fingerprint' --ca-fingerprint "$(fingerprint evil.pem)"
# Certificates are public: anybody can show the authority's beside one of his own.
check "borrowed authority" refused evil.pem evil.key 'certificate' --ca-fingerprint "$(fingerprint ca.pem)"
check "expired" refused expired.pem leaf.key 'expired' --ca-fingerprint "$(fingerprint ca.pem)"
check "another host's, by fingerprint" refused other.pem leaf.key 'subject' --ca-fingerprint "$(fingerprint ca.pem)"
check "another host's, by file" refused other.pem leaf.key 'subject' --ca-file ca.pem
exit "$failed"
