#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Do manual pages and completions know the same words as --help, and no others? The pages are clean for mandoc, the
# completions load, and complete.

cd "$(dirname "$0")/.." && . tests/lib/script.sh || exit 1
build=${BUILD:-build}
commands='echo ping bridge ss devices demo'

# options_of COMMAND ...: the options that its help shows.
options_of()
{
    "$@" --help | grep -oE '^  --?[a-zA-Z-]+|^  --help, --version' | tr ', ' '\n\n' | grep -- - | sort -u
}

for command in $commands; do
    options_of "$build/runnel" "$command" | sed 's/$/ '"$command/"
done >"$files/runnel"
cut -d' ' -f1 "$files/runnel" | sort -u >"$files/runnel_words"
options_of "$build/picotcp_netmap" >"$files/picotcp_netmap_words"
[ "$(wc -l <"$files/runnel_words")" -gt 15 ] && [ "$(wc -l <"$files/picotcp_netmap_words")" -gt 4 ]
verdict $? help_shows_options

"$build/runnel" --help | awk '/^  [a-z]/ { print $1 }' >"$files/commands"
[ "$(tr '\n' ' ' <"$files/commands")" = "$commands " ]
verdict $? help_shows_the_commands

# In a page `.Fl -port` is --port, and `.Fl c` is -c.
for page in runnel picotcp_netmap; do
    grep -oE '\bFl -?[a-zA-Z-]+( \| -[a-z]+)?' docs/man/$page.1 | sed 's/^Fl //; s/ | /\n/' | sed 's/^/-/' | sort -u \
        >"$files/page"
    diff "$files/page" "$files/${page}_words" | sed 's/^/# /'
    diff -q "$files/page" "$files/${page}_words" >/dev/null
    verdict $? "${page}_1_has_the_options_of_help"
done

grep -oE '\brn_[a-z_0-9]+\(' include/*.h | sed 's/.*://; s/(//' | sort -u >"$files/calls"
grep -oE '\brn_[a-z_0-9]+' docs/man/runnel.3 | grep -vE '^rn_(sock|stack|time|options|attach_options|event|init)$' |
    sort -u | comm -23 - "$files/calls" | sed 's/^/# no such call: /' >"$files/missing"
cat "$files/missing"
[ ! -s "$files/missing" ]
verdict $? runnel_3_names_calls_that_there_are

if command -v mandoc >/dev/null; then
    mandoc -T lint -W warning docs/man/* >"$files/said" 2>&1
    verdict $? mandoc_has_nothing_to_say
    sed 's/^/# /' "$files/said"
else
    echo 'skip mandoc_has_nothing_to_say # no mandoc here: make deps'
fi

# complete_as WORDS ...: what bash offers for the last of them.
complete_as()
{
    bash -c '. apps/completions/runnel.bash
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        [ "$1" = runnel ] && _runnel || _picotcp_netmap
        printf "%s\n" "${COMPREPLY[@]}"' bash "$@" | sort
}

if command -v bash >/dev/null; then
    [ "$(complete_as runnel ec)" = echo ] && [ "$(complete_as runnel echo tap0 --po)" = --port ] &&
        [ "$(complete_as runnel ping tap0 --acd f)" = full ] && [ "$(complete_as runnel bridge lo)" = 'lo
loop' ] && [ -z "$(complete_as runnel ping tap0 --vlan '')" ] && [ "$(complete_as picotcp_netmap l)" = lo ]
    verdict $? bash_completes
    [ "$(complete_as runnel '' | grep -vc -- -)" = "$(wc -l <"$files/commands")" ]
    verdict $? bash_knows_the_commands
    for command in $commands; do
        complete_as runnel "$command" - | sed "s/\$/ $command/"
    done | sort >"$files/completed"
    sort "$files/runnel" | diff - "$files/completed" | sed 's/^/# /'
    sort "$files/runnel" | diff -q - "$files/completed" >/dev/null
    verdict $? bash_knows_the_options_of_each_command
    complete_as picotcp_netmap - | diff -q - "$files/picotcp_netmap_words" >/dev/null
    verdict $? bash_knows_the_options_of_picotcp_netmap
else
    echo 'skip bash_completes # no bash here'
fi

# zsh's file is a function that wants a terminal: its words are compared, and zsh reads it.
grep -oE "'(\*|\([^)]*\))?--?[a-zA-Z-]+\[" apps/completions/_runnel | grep -oE -- '--?[a-zA-Z-]+\[' | tr -d '[' | sort -u |
    diff - "$files/runnel_words" | sed 's/^/# /' >"$files/differs"
cat "$files/differs"
[ ! -s "$files/differs" ]
verdict $? zsh_knows_the_options
if command -v zsh >/dev/null; then
    zsh -n apps/completions/_runnel
    verdict $? zsh_reads_it
else
    echo 'skip zsh_reads_it # no zsh here'
fi
exit $failed
