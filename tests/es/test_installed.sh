#!/usr/bin/env bash
# What `meson install` installs for programs outside of this project: each header can be included by itself, with no others than
# GLib's and yajl's, every function that they declare is in the library, and examples/recommend.c, compiled against that alone,
# finds the movies of recsys-loader recommend.
# Arguments: the variable with the server's URL, recsys-trainer, recsys-loader, the folder examples, the build folder, the C compiler.
# shellcheck disable=SC2317  # check and a trap call the functions
set -euo pipefail
variable=$1 url=${!1:-}
trainer=$(realpath -- "$2") loader=$(realpath -- "$3") examples=$(realpath -- "$4") build=$(realpath -- "$5")
cc=("${@:6}")
[ -n "$url" ] || { echo "1..0 # SKIP $variable is not set: ./dev test starts a server and sets it"; exit 0; }
for tool in meson pkg-config jq; do
  command -v "$tool" >/dev/null || { echo "1..0 # SKIP $tool is not installed"; exit 0; }
done
unset "${!ES_@}"
export ES_URL=$url
alias=recsys-test-installed-$$
dir=$(mktemp -d)
finish() {
  for index in $(curl -sS "$url/_cat/indices/$alias-*?h=index"); do curl -sS -o "$dir/out" -X DELETE "$url/$index"; done
  rm -rf "$dir"
}
trap finish EXIT
cd "$dir"

number=0; failed=0
check() { # NAME COMMAND…
  number=$((number + 1))
  if ("${@:2}") >why 2>&1; then echo "ok $number - $1"; else failed=1; echo "not ok $number - $1"; sed 's/^/# /' why; fi
}

# The tree is moved to where it was staged, as a package's would not have to be.
install_there() {
  meson install -C "$build" --no-rebuild --quiet --destdir "$dir/tree"
  pc=$(find tree -name recsys-es.pc)
  sed -i "s|^prefix=|prefix=$dir/tree|" "$pc"
}

headers() { (cd "$(pkg-config --variable=includedir recsys-es)/recsys-es" && printf '%s\n' *.h); }

check_headers() {
  local header flags
  read -ra flags < <(pkg-config --cflags recsys-es)
  [ "$(headers | wc -l)" -gt 20 ]
  for header in $(headers); do
    printf '#include <%s>\n' "$header" >one.c
    "${cc[@]}" -std=c11 -Wall -Wextra -Werror -fsyntax-only "${flags[@]}" one.c || return 1
  done
}

# Functions are declared at the beginning of a line, or behind a type there; inline ones are defined in curly brackets.
check_symbols() {
  local flags folder
  read -ra flags < <(pkg-config --cflags recsys-es)
  folder=$(pkg-config --variable=includedir recsys-es)/recsys-es
  headers | sed 's/.*/#include <&>/' >all.c
  "${cc[@]}" -std=c11 -E "${flags[@]}" all.c |
    awk -v folder="$folder" '/^# / { ours = index($3, folder); next } ours' | tr '\n' ' ' | sed 's/[;{}]/\n/g' |
    grep -vE 'static|typedef|return' | sed -n 's/^ *[A-Za-z][A-Za-z0-9_ ]*[ *]\([a-z][a-z0-9_]*\) *(.*/\1/p' | grep -v '^__' | sort -u >declared
  nm -D --defined-only "$(pkg-config --variable=libdir recsys-es)/librecsys-es.so" | awk '{ print $3 }' | sort -u >defined
  [ "$(wc -l <declared)" -gt 100 ] && comm -23 declared defined >missing && cat missing && [ ! -s missing ]
}

check_soname() {
  local version libdir
  version=$(pkg-config --modversion recsys-es)
  libdir=$(pkg-config --variable=libdir recsys-es)
  [ -e "$libdir/librecsys-es.so.$version" ] &&
    readelf -d "$libdir/librecsys-es.so" | grep -F "soname: [librecsys-es.so.${version%%.*}"
}

compile() {
  local flags
  read -ra flags < <(pkg-config --cflags --libs recsys-es)
  "${cc[@]}" -std=c11 -Wall -Wextra -Werror "$examples/recommend.c" -o recommend "${flags[@]}"
}

recommend() { LD_LIBRARY_PATH=$(pkg-config --variable=libdir recsys-es) ./recommend "$alias" "$@"; }

release() {
  "$trainer" synth data --users 60 --movies 100 --ratings 3000
  "$trainer" train data bundle --epochs 1 --factors 8
  "$loader" release bundle --alias "$alias" --skip-gate baseline --skip-gate quality
}

same_movies() {
  recommend age=18 gender=M | sed 's/^\([0-9.]*\)  \([^ ]*\)  .*/\2 \1/' >ours
  "$loader" recommend --alias "$alias" --age 18 --gender M --json |
    jq -r '.movies[] | "\(.movie) \(.rating)"' | LC_ALL=C awk '{ printf "%s %.2f\n", $1, $2 }' >theirs
  [ "$(wc -l <ours)" = 10 ] && diff ours theirs
}

says() { # STATUS TEXT ARGUMENT…
  local rc=0
  recommend "${@:3}" >said 2>&1 || rc=$?
  cat said
  [ "$rc" = "$1" ] && grep -qF "$2" said
}

echo "# $("${cc[@]}" --version | head -1)"
install_there >why 2>&1 || { sed 's/^/# /' why; echo "not ok 1 - meson install"; echo 1..1; exit 1; }
PKG_CONFIG_PATH=$dir/$(dirname "$(find tree -name recsys-es.pc)")
export PKG_CONFIG_PATH
check "each header by itself" check_headers
check "every function is in the library" check_symbols
check "the name of the library" check_soname
check "the example is compiled" compile
check "a release" release
check "the example's movies" same_movies
check "a value that nobody has" says 1 "there is no age 17 in this release; known: 1, 18" age=17
check "a value that is not UTF-8" says 1 'user "\xff" is not UTF-8' "user=$(printf '\377')"
check "nobody" says 1 "the profile is empty"
echo "1..$number"
exit "$failed"
