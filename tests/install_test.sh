#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What `make install` gives to a user: the examples build from it alone, the echo server against either library,
# and neither library has a name outside rn_*.

cd "$(dirname "$0")/.." && . tests/lib/script.sh || exit 1
build=${BUILD:-build} cc=${CC:-cc}

# only_rn: every name on standard input begins with rn_, and there are some.
only_rn()
{
    awk '$3 !~ /^rn_/ { print "not rn_*: " $3; bad = 1 } END { exit bad || NR == 0 }'
}

make -s install DESTDIR="$files" PREFIX=/usr BUILD="$build" >"$files/log" 2>&1
status=$?
[ $status = 0 ] || cat "$files/log"
verdict $status install_works

nm -g --defined-only "$files/usr/lib/librunnel.a" | grep -v ':$' | grep . | only_rn
verdict $? archive_exports_only_rn
nm -D --defined-only "$files/usr/lib/librunnel.so" | only_rn
verdict $? shared_library_exports_only_rn
nm -g --defined-only "$files/usr/lib/librunnel.a" | awk '$3 ~ /^rn_/ { print $3 }' | sort >"$files/a"
nm -D --defined-only "$files/usr/lib/librunnel.so" | awk '{ print $3 }' | sort | diff "$files/a" -
verdict $? both_export_the_same

$cc -std=c17 -Wall -Wextra -Wpedantic -Werror -I"$files/usr/include" -o "$files/static" apps/examples/echo.c \
    "$files/usr/lib/librunnel.a"
verdict $? echo_builds_against_the_archive
for example in client proxy epoll; do
    $cc -std=gnu17 -Wall -Wextra -Wpedantic -Werror -I"$files/usr/include" -o "$files/$example" \
        apps/examples/$example.c "$files/usr/lib/librunnel.a"
    verdict $? "${example}_builds_against_the_archive"
done
if command -v pkg-config >/dev/null; then
    export PKG_CONFIG_PATH="$files/usr/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$files"
    # pkg-config leaves out what it takes for the compiler's own folders.
    export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
    # shellcheck disable=SC2046 # words
    $cc -std=c17 -o "$files/shared" apps/examples/echo.c $(pkg-config --cflags --libs runnel) &&
        LD_LIBRARY_PATH="$files/usr/lib" ldd "$files/shared" | grep -q "$files/usr/lib/librunnel.so"
    verdict $? echo_builds_by_pkg_config_against_the_shared_library
else
    echo 'skip echo_builds_by_pkg_config_against_the_shared_library # no pkg-config here: make deps'
fi

for page in man1/runnel.1 man1/picotcp_netmap.1 man3/runnel.3; do
    [ -s "$files/usr/share/man/$page" ] || echo "# $page is not there"
done | tee "$files/missing"
[ ! -s "$files/missing" ]
verdict $? manual_pages_are_installed
[ -s "$files/usr/share/bash-completion/completions/picotcp_netmap" ] &&
    [ -s "$files/usr/share/bash-completion/completions/runnel" ] && [ -s "$files/usr/share/zsh/site-functions/_runnel" ]
verdict $? completions_are_installed
exit $failed
