#!/usr/bin/env bash
# What bash completes with the script of `--completion bash`, and that both shells' scripts have all of the help.
# Arguments: recsys-trainer, recsys-loader, recsys-bridge.
# shellcheck disable=SC2317  # check calls the functions
set -euo pipefail
programs=("$@")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

number=0; failed=0
ok() { number=$((number + 1)); echo "ok $number - $1"; }
check() { # NAME COMMAND…
  if "${@:2}" >"$dir/why" 2>&1; then ok "$1"; return; fi
  number=$((number + 1)); failed=1
  echo "not ok $number - $1"; sed 's/^/# /' "$dir/why"
}

script_of() { echo "$dir/${1##*/}.$2"; } # PROGRAM SHELL

# proposes WHAT WORD…: what is proposed for the last word, on one line
proposes() {
  local COMP_WORDS=("${@:2}") COMP_CWORD=$(($# - 2)) COMPREPLY=() function
  function=$(complete -p "$2"); function=${function##*-F }
  "${function%% *}"
  echo "${COMPREPLY[*]-} instead of $1"
  [ "${COMPREPLY[*]-}" = "$1" ]
}

commands_of() { "$1" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'; }
options_of() { "$1" "$2" --help | sed -nE 's/^  (-h, )?(--[a-z0-9-]+).*/\2/p'; }

# Bash must propose just what the help shows; zsh's script must have it in the command's part.
has_everything() { # PROGRAM
  local command option count=0 part
  for command in $(commands_of "$1"); do
    COMP_WORDS=("${1##*/}" "$command" --) COMP_CWORD=2 COMPREPLY=()
    "_$(tr - _ <<<"${1##*/}")"
    diff <(options_of "$1" "$command" | sort) <(printf '%s\n' "${COMPREPLY[@]}" | sort) || { echo "of $command"; return 1; }
    part=$(sed -n "/^ *$command) _arguments/,/;;\$/p" "$(script_of "$1" zsh)")
    for option in $(options_of "$1" "$command"); do
      grep -qE -- "'\*?$option=?\[" <<<"$part" || { echo "$command $option is not in zsh's script"; return 1; }
      count=$((count + 1))
    done
    grep -q -- "^ *'$command:" "$(script_of "$1" zsh)" || { echo "$command is not in zsh's script"; return 1; }
  done
  [ "$count" -gt 10 ]
}

# The values that an option's help lists, for every option that lists some.
offers_what_help_lists() {
  local program command option listed word count=0
  for program in "${programs[@]}"; do
    for command in $(commands_of "$program"); do
      while IFS='=' read -r option listed; do
        listed=$(tr '|' '\n' <<<"$listed" | grep -v '^<' | xargs)
        [ -z "$listed" ] || proposes "$listed" "${program##*/}" "$command" "$option" "" || return 1
        for word in $listed; do
          grep -qE -- "${option}=.*[( ]${word}[) ]" "$(script_of "$program" zsh)" || { echo "zsh: $option $word"; return 1; }
        done
        count=$((count + 1))
      done < <("$program" "$command" --help | sed -nE 's/^  (-h, )?(--[a-z0-9-]+=[^ ]*\|[^ ]*).*/\2/p')
    done
  done
  echo "$count options"
  [ "$count" -gt 15 ]
}

refuses_other_shells() {
  local rc=0
  "${programs[1]}" --completion fish >"$dir/out" 2>&1 || rc=$?
  cat "$dir/out"
  [ "$rc" = 1 ] && grep -q 'bash or zsh, not fish' "$dir/out"
}

parses() { local program; for program in "${programs[@]}"; do "$1" -n "$(script_of "$program" "$1")" || return 1; done; }

for program in "${programs[@]}"; do
  for shell in bash zsh; do "$program" --completion "$shell" >"$(script_of "$program" "$shell")"; done
  # shellcheck disable=SC1090  # just made
  . "$(script_of "$program" bash)"
done

echo 1..22
check "a command" proposes recommend recsys-loader rec
check "commands that begin alike" proposes "release releases" recsys-loader rele
check "every command" proposes "$(commands_of "${programs[0]}" | xargs) --help --version" recsys-trainer ""
check "options" proposes "--explain --exclude --exclude-seen" recsys-loader recommend --ex
check "options after others" proposes --answer recsys-bridge check-query search.json --json --ans
check "file names where a file belongs: readline's" proposes "" recsys-loader recommend --history se
check "and after =" proposes "" recsys-loader recommend --history = --
check "nothing for a number" proposes "" recsys-loader recommend --size -
check "the values of an option" proposes "documents orders baseline quality count churn" recsys-loader release bundle --skip-gate ""
check "those that begin so" proposes "count churn" recsys-loader release bundle --skip-gate c
check "values after =" proposes "always" recsys-loader release bundle --gzip = al
check "all of them right after =" proposes "auto always never" recsys-loader release bundle --gzip =
check "other values of an option of that name" proposes "last best" recsys-trainer train --keep ""
check "none where it takes a number" proposes "" recsys-loader prune --keep ""
check "a word that may stand for a number" proposes all recsys-bridge verify --depth ""
check "all the values that help lists" offers_what_help_lists
for program in "${programs[@]}"; do check "all the help of ${program##*/}" has_everything "$program"; done
check "no other shell" refuses_other_shells
check "bash can read the scripts" parses bash
if command -v zsh >/dev/null; then check "zsh can read the scripts" parses zsh
else ok "zsh can read the scripts # SKIP zsh is not installed"; fi
exit $failed
