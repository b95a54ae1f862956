# SPDX-License-Identifier: BSD-2-Clause
#
# How everything is built. Nothing is listed by hand: sources, tests and programs are found by wildcard, so
# that none can die unseen, and a folder that is not there yet is simply empty. `make help` names the targets.
#
#   build/obj/   the library's objects      -> build/librunnel.a, the programs, build/fast/
#   build/pic/   the same for build/librunnel.so
#   build/test/  the library and the tests with sanitizers
#   build/fast/  the simulator without them, for its bulk
#   build/gate/  the benches, for x86-64-v2, so that instructions counted here mean the same everywhere
#   build/kernel/  their counterparts that use the kernel's sockets
#   build/lint/  everything with -Werror
#   build/fuzz/  the fuzz targets (clang)
#   build/MACHINE/  core and unit tests for another processor
#
# Variables that a user may set: CC, CFLAGS, LDFLAGS, BUILD, PREFIX, DESTDIR, JOBS, FUZZ_SECONDS.

BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
CFLAGS  ?= -O2 -g
LDFLAGS ?=
JOBS    ?= $(shell nproc 2>/dev/null || echo 2)
FUZZ_SECONDS ?= 60
FUZZ_CC ?= $(firstword $(foreach c,clang clang-19 clang-17 clang-16 clang-15 clang-14,$(if $(shell command -v $c 2>/dev/null),$c)))
VERSION := $(shell sed -n 's/^.define RN_VERSION *"\(.*\)"/\1/p' include/runnel.h)
SOVERSION := $(firstword $(subst ., ,$(VERSION)))

all: # what a bare make does; its parts follow below

# ---- what there is -----------------------------------------------------------------------------------------

CORE_DIRS   := base wire ip tcp udp service stack
HOSTED_DIRS := dev host run
CORE_SRC    := $(foreach d,$(CORE_DIRS),$(wildcard src/$d/*.c))
HOSTED_SRC  := $(foreach d,$(HOSTED_DIRS),$(wildcard src/$d/*.c))
LIB_SRC     := $(CORE_SRC) $(HOSTED_SRC)
HEADERS     := $(wildcard include/*.h)
APP_SRC     := $(wildcard apps/*.c)
APP_LIB     := $(wildcard apps/lib/*.c)
EXAMPLE_ALL := $(wildcard apps/examples/*.c)
MAN         := $(wildcard docs/man/*)
MAN_SECTIONS := $(sort $(subst .,,$(suffix $(MAN))))
COMPLETIONS  = $(PREFIX)/share/bash-completion/completions
LINT_SRC    := $(wildcard tools/lint/*.c)
BENCH_SRC   := $(wildcard bench/*.c)
BENCH_LIB   := $(wildcard bench/lib/*.c)
KERNEL_SRC  := $(wildcard bench/kernel/*.c)
WIRE_SRC    := $(wildcard bench/wire/*.c)
FUZZ_SRC    := $(wildcard tests/fuzz/*.c)
FUZZ_LIB    := $(wildcard tests/fuzz/lib/*.c)
SIM_SRC     := $(wildcard tests/sim/*.c)
FLOOD_SRC   := $(wildcard tests/flood/*.c)
SCRIPTS     := $(wildcard tests/*_test.sh)
LIVE        := $(sort $(wildcard tests/live/*.sh))
LIVE_BOTH   := $(shell grep -lE '^ *live_(serve|restart)' $(filter-out %/packet.sh %/options.sh,$(LIVE)) /dev/null)
LIVE_XDP    := $(wildcard $(addprefix tests/live/,clients.sh echo.sh jumbo.sh local.sh lossy.sh packet.sh share.sh signals.sh))
LIVE_SRC    := $(wildcard tests/live/*.c)
CASE_SRC    := $(wildcard tests/unit/*/*_test.c tests/wire/*_test.c tests/tcp/*_test.c)
HELP_SRC    := $(filter-out $(CASE_SRC),$(wildcard tests/unit/*/*.c tests/wire/*.c tests/tcp/*.c))

# Cases that other processors cannot show under qemu: there it would answer for the kernel.
PORTABLE_OUT := $(filter $(patsubst %,tests/unit/dev/%_test.c,guard kernel_neighbour packet tap tun xdp) tests/unit/host/% tests/unit/run/%,$(CASE_SRC))
PORTABLE_SRC := $(filter-out $(PORTABLE_OUT),$(CASE_SRC))

# An example of how to live inside libuv is left out, aloud, where that is not installed.
HAS_UV      ?= $(shell $(CC) -include uv.h -E -x c /dev/null >/dev/null 2>&1 && echo yes)
LEFT_OUT    := $(if $(HAS_UV),,$(filter %/uv.c,$(EXAMPLE_ALL)))
EXAMPLE_SRC := $(filter-out $(LEFT_OUT),$(EXAMPLE_ALL))

APPS     := $(APP_SRC:apps/%.c=$(BUILD)/%)
EXAMPLES := $(EXAMPLE_SRC:apps/examples/%.c=$(BUILD)/examples/%)
CASES    := $(CASE_SRC:tests/%.c=$(BUILD)/test/%)
BENCHES  := $(BENCH_SRC:bench/%.c=$(BUILD)/gate/%)
WIRES    := $(WIRE_SRC:bench/%.c=$(BUILD)/gate/%)
KERNELS  := $(KERNEL_SRC:bench/%.c=$(BUILD)/%)
PARTNERS := $(LIVE_SRC:tests/%.c=$(BUILD)/test/%)
FUZZERS  := $(FUZZ_SRC:tests/fuzz/%.c=$(BUILD)/fuzz/%)

OTHER_SRC := $(APP_SRC) $(APP_LIB) $(EXAMPLE_SRC) $(LINT_SRC) $(BENCH_SRC) $(BENCH_LIB) $(WIRE_SRC) $(KERNEL_SRC) $(SIM_SRC) $(FLOOD_SRC) \
             $(CASE_SRC) $(HELP_SRC) $(LIVE_SRC) $(FUZZ_SRC) $(FUZZ_LIB)
# Every C file must be reached by one of the lists above.
STRAYS := $(filter-out $(LIB_SRC) $(OTHER_SRC) $(LEFT_OUT),$(shell find src apps tools bench tests -name '*.c' 2>/dev/null))

# ---- how it is compiled ------------------------------------------------------------------------------------

# Other processors: 64 bits, 32 bits, and one with the bytes the other way round, each with its qemu. What is
# undefined in C, an address that is not aligned first of all, stops the program.
MACHINES := aarch64 i686 s390x
QEMU_i686 := i386
PORTABLE := -O1 -fsanitize=undefined -fsanitize-undefined-trap-on-error -Itests/unit/mini_cmocka

WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes
STD      := -std=c17
INCLUDES := -Isrc -Iinclude -Icompat/netmap/include
DEPGEN    = -MMD -MP
# -fbuiltin: the core has no libc beneath it, but memcpy of 4 bytes may still become one move (gcc; clang
# takes the option and does without).
CORE     := -ffreestanding -fbuiltin
HOSTED   := -D_GNU_SOURCE
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
X86_64   := $(filter x86_64%,$(shell $(CC) -dumpmachine 2>/dev/null))
GATE     := -O2 -g $(if $(X86_64),-march=x86-64-v2) -fno-pie

# $(call objects,VARIANT,SOURCES): where the objects of these sources lie.
objects = $(patsubst %.c,$(BUILD)/$1/%.o,$2)

# $(call compile,FLAGS): the one way in which a C file becomes an object.
compile = @mkdir -p $(@D) && $(CC) $(STD) $(WARN) $(INCLUDES) $1 $(DEPGEN) -c -o $@ $<

# $(call link,COMPILER FLAGS,LIBRARIES): the one way in which objects become a program.
link = @echo '  $@'; mkdir -p $(@D) && $1 -o $@ $(filter %.o %.a,$^) $2
, := ,

# $(call remember,FILE,WORDS): the file changes when the words do; what hangs on it is then made anew.
remember = $(shell mkdir -p $(BUILD); echo '$2' | cmp -s - $1 || echo '$2' > $1)
WORDS := $(BUILD)/words
SOURCES := $(BUILD)/sources
$(call remember,$(WORDS),$(CC) $(CFLAGS) $(LDFLAGS))
$(call remember,$(SOURCES),$(LIB_SRC))

# The other compiler, which has to be content as well.
CC2 := $(if $(findstring clang,$(shell $(CC) --version 2>/dev/null)),gcc,$(FUZZ_CC))

FLAGS_obj  = $(CFLAGS)
FLAGS_pic  = $(CFLAGS) -fPIC
FLAGS_test = -O1 -g -fno-omit-frame-pointer $(SANITIZE)
FLAGS_gate = $(GATE)
FLAGS_lint = -O2 -Werror -fno-pie
FLAGS_warn = -O0 -Werror
FLAGS_warn2 = -O0 -Werror
FLAGS_fuzz = -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all

# $(call variant,NAME): rules for all objects of one variant. Only src/ has a freestanding part.
define variant
$(call objects,$1,$(CORE_SRC)): $(BUILD)/$1/%.o: %.c $(WORDS)
	$$(call compile,$$(FLAGS_$1) $(CORE))
$(call objects,$1,$(HOSTED_SRC) $(OTHER_SRC)): $(BUILD)/$1/%.o: %.c $(WORDS)
	$$(call compile,$$(FLAGS_$1) $(HOSTED) $$(LOCAL))
endef
$(foreach v,obj pic test gate lint warn warn2 fuzz,$(eval $(call variant,$v)))
$(foreach v,$(MACHINES),$(eval FLAGS_$v = $$(PORTABLE))$(eval $(call variant,$v))$(eval $(BUILD)/$v/%.o: CC := $v-linux-gnu-gcc))
$(BUILD)/fuzz/%.o: CC := $(FUZZ_CC)
$(BUILD)/warn2/%.o: CC := $(CC2)

# Where the sources of programs find the headers beside them.
$(BUILD)/%.o: LOCAL =
$(BUILD)/obj/apps/%.o $(BUILD)/warn/apps/%.o $(BUILD)/warn2/apps/%.o: LOCAL = -Iapps

# ---- the library -------------------------------------------------------------------------------------------
# Only rn_* leaves it. In the archive that takes one object in which all other names are made local.

all: $(BUILD)/librunnel.a $(BUILD)/librunnel.so $(BUILD)/runnel.pc $(APPS) $(EXAMPLES)
	@$(if $(LEFT_OUT),echo '  left out for want of libuv (make deps): $(LEFT_OUT)',:)

$(BUILD)/librunnel.a: $(call objects,obj,$(LIB_SRC)) $(SOURCES)
	@echo '  $@'; rm -f $@
	@$(CC) -r -nostdlib -o $(BUILD)/runnel.o $(filter %.o,$^)
	@objcopy --wildcard --keep-global-symbol='rn_*' $(BUILD)/runnel.o
	@$(AR) rcs $@ $(BUILD)/runnel.o

$(BUILD)/librunnel.so.$(SOVERSION): $(call objects,pic,$(LIB_SRC)) $(SOURCES)
	@echo '{ global: rn_*; local: *; };' > $(BUILD)/runnel.map
	$(call link,$(CC) -shared,-Wl$(,)-soname$(,)$(@F) -Wl$(,)--version-script=$(BUILD)/runnel.map -Wl$(,)-z$(,)defs $(LDFLAGS))

$(BUILD)/librunnel.so: $(BUILD)/librunnel.so.$(SOVERSION)
	@ln -sf $(<F) $@

$(BUILD)/runnel.pc: Makefile include/runnel.h $(WORDS)
	@printf 'prefix=%s\nlibdir=$${prefix}/lib\nincludedir=$${prefix}/include\n\nName: runnel\n%s\n%s\n%s\n%s\n' \
	  '$(PREFIX)' 'Description: A TCP/IP stack in user space' 'Version: $(VERSION)' \
	  'Cflags: -I$${includedir}' 'Libs: -L$${libdir} -lrunnel' > $@

# ---- the programs ------------------------------------------------------------------------------------------

$(APPS): $(BUILD)/%: $(BUILD)/obj/apps/%.o $(call objects,obj,$(APP_LIB)) $(BUILD)/librunnel.a
	$(call link,$(CC) $(CFLAGS),$(LDFLAGS))

$(EXAMPLES): $(BUILD)/examples/%: $(BUILD)/obj/apps/examples/%.o $(BUILD)/librunnel.a
	$(call link,$(CC) $(CFLAGS),$(LDFLAGS) $(if $(filter %/uv,$@),-luv))

install: all
	install -d $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(HEADERS) $(DESTDIR)$(PREFIX)/include
	install -m 644 $(BUILD)/librunnel.a $(DESTDIR)$(PREFIX)/lib
	install -m 755 $(BUILD)/librunnel.so.$(SOVERSION) $(DESTDIR)$(PREFIX)/lib
	ln -sf librunnel.so.$(SOVERSION) $(DESTDIR)$(PREFIX)/lib/librunnel.so
	sed 's,^prefix=.*,prefix=$(PREFIX),' $(BUILD)/runnel.pc > $(DESTDIR)$(PREFIX)/lib/pkgconfig/runnel.pc
	$(if $(APPS),install -m 755 $(APPS) $(DESTDIR)$(PREFIX)/bin)
	install -d $(MAN_SECTIONS:%=$(DESTDIR)$(PREFIX)/share/man/man%) $(DESTDIR)$(COMPLETIONS) $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	$(foreach s,$(MAN_SECTIONS),install -m 644 $(filter %.$s,$(MAN)) $(DESTDIR)$(PREFIX)/share/man/man$s$(line))
	install -m 644 apps/completions/runnel.bash $(DESTDIR)$(COMPLETIONS)/runnel
	ln -sf runnel $(DESTDIR)$(COMPLETIONS)/picotcp_netmap
	install -m 644 apps/completions/_runnel $(DESTDIR)$(PREFIX)/share/zsh/site-functions

# ---- the tests' programs -----------------------------------------------------------------------------------
# A case links what it uses of the whole library, and the other C files of its own folder.

$(BUILD)/%/libwhole.a: # one archive of all objects of a variant, nothing hidden
	@rm -f $@; $(AR) rcs $@ $(filter %.o,$^)
$(foreach v,obj test gate fuzz $(MACHINES),$(eval $(BUILD)/$v/libwhole.a: $(call objects,$v,$(LIB_SRC)) $(SOURCES)))

# $(call beside,FILE): the helpers in the folder of a case.
beside = $(filter $(dir $1)%,$(HELP_SRC))
define case
$(BUILD)/test/$(1:tests/%.c=%): $(call objects,test,$1 $(call beside,$1)) $(BUILD)/test/libwhole.a
	$$(call link,$(CC) $$(SANITIZE),-lcmocka)
endef
$(foreach c,$(CASE_SRC),$(eval $(call case,$c)))

# What the live tests need beside the programs.
$(PARTNERS): $(BUILD)/test/%: $(BUILD)/test/tests/%.o $(BUILD)/test/libwhole.a
	$(call link,$(CC) $(SANITIZE))

$(BUILD)/test/sim: $(call objects,test,$(SIM_SRC)) $(BUILD)/test/libwhole.a
	$(call link,$(CC) $(SANITIZE))

$(BUILD)/fast/sim: $(call objects,obj,$(SIM_SRC)) $(BUILD)/obj/libwhole.a
	$(call link,$(CC) $(CFLAGS))

$(BUILD)/fast/flood: $(call objects,obj,$(FLOOD_SRC)) $(BUILD)/obj/libwhole.a
	$(call link,$(CC) $(CFLAGS),-lcmocka)

$(BENCHES) $(WIRES): $(BUILD)/gate/%: $(BUILD)/gate/bench/%.o $(call objects,gate,$(BENCH_LIB)) $(BUILD)/gate/libwhole.a
	$(call link,$(CC) -no-pie,-lm)

# The kernel's own sockets, to be measured beside ours: nothing of Runnel is in them.
$(KERNELS): $(BUILD)/%: $(BUILD)/gate/bench/%.o $(call objects,gate,bench/lib/calibrate.c)
	$(call link,$(CC) -no-pie)

$(FUZZERS): $(BUILD)/fuzz/%: $(BUILD)/fuzz/tests/fuzz/%.o $(call objects,fuzz,$(FUZZ_LIB)) $(BUILD)/fuzz/libwhole.a
	$(call link,$(FUZZ_CC) -fsanitize=fuzzer$(,)address$(,)undefined)

SIM := $(if $(SIM_SRC),$(BUILD)/test/sim $(BUILD)/fast/sim) $(if $(FLOOD_SRC),$(BUILD)/fast/flood)
test-programs: all $(CASES) $(SIM) $(PARTNERS) $(BENCHES) $(WIRES) $(KERNELS)
	@$(if $(STRAYS),echo 'no rule of the Makefile reaches: $(STRAYS)'; exit 1,:)

define portable_case
$(BUILD)/$1/$(2:tests/%.c=%): $(call objects,$1,$2 $(call beside,$2)) $(BUILD)/$1/libwhole.a
	$$(call link,$1-linux-gnu-gcc -static)
endef
$(foreach m,$(MACHINES),$(foreach c,$(PORTABLE_SRC),$(eval $(call portable_case,$m,$c))))

# ---- the test ----------------------------------------------------------------------------------------------
# A plan is made here and carried out by tools/run_tests.sh, which counts. A line: may it run beside others, each
# on a processor of its own, or alone; how many seconds it may take, its name, its command. What cannot run here is
# skipped aloud.

RUN  := tools/run_tests.sh
SKIP := $(RUN) --skip

# $(call qemu,MACHINE): the program that runs its programs.
qemu = $(firstword $(foreach q,qemu-$(or $(QEMU_$1),$1)-static qemu-$(or $(QEMU_$1),$1),$(if $(shell command -v $q),$q)))
has_machine = $(and $(shell command -v $1-linux-gnu-gcc),$(call qemu,$1))
has_fuzzer = $(and $(FUZZ_CC),$(shell echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return d[n - n]; }' | \
  $(FUZZ_CC) -x c -fsanitize=fuzzer,address - -o $(BUILD)/has_fuzzer 2>/dev/null && echo yes))
HERE := $(foreach m,$(MACHINES),$(if $(call has_machine,$m),$m))

define PLAN_UNIT
$(foreach c,$(CASES),side 120 $(c:$(BUILD)/test/%=%) $c
)
endef

define PLAN_TEST
alone 600 build $(MAKE) -k -j$(JOBS) test-programs
alone 300 lint $(MAKE) lint
$(PLAN_UNIT)
$(foreach s,$(SCRIPTS),side 120 $(s:tests/%.sh=%) $s
)$(if $(SIM_SRC),alone 300 sim $(BUILD)/fast/sim
alone 200 sim/sanitized $(BUILD)/test/sim --connections 1000 --seed 2 --expert none
)$(if $(FLOOD_SRC),side 300 flood $(BUILD)/fast/flood
)$(foreach g,$(wildcard bench/gate.sh),alone 300 gate $g
)
endef

define PLAN_LIVE
$(foreach s,$(LIVE),cpu 120 $(s:tests/%.sh=%) $s
)$(foreach s,$(LIVE_BOTH),cpu 120 $(s:tests/%.sh=%)/packet env WIRE=packet $s
)$(foreach s,$(LIVE_XDP),cpu 120 $(s:tests/%.sh=%)/xdp env WIRE=xdp $s
)cpu 120 live/packet/pcap env WIRE=pcap KILLS=5 tests/live/packet.sh
endef

define PLAN_KILLS
$(foreach s,packet share,cpu 900 kills/$s env KILLS=100 tests/live/$s.sh
cpu 900 kills/$s/xdp env KILLS=100 WIRE=xdp tests/live/$s.sh
)
endef

# $(call PLAN_FUZZ,SECONDS)
define PLAN_FUZZ
$(if $(and $(FUZZ_SRC),$(call has_fuzzer)),alone 600 fuzz/build $(MAKE) -k -j$(JOBS) fuzz-programs
$(foreach f,$(FUZZ_SRC:tests/fuzz/%.c=%),side $(shell expr $1 + 60) fuzz/$f $(BUILD)/fuzz/$f -max_total_time=$1 \
  -timeout=10 -error_exitcode=1 -print_final_stats=1 -artifact_prefix=$(BUILD)/fuzz/$f- $(BUILD)/corpus/$f $(wildcard tests/fuzz/corpus/$f)
),alone 5 fuzz $(SKIP) $(if $(FUZZ_SRC),no clang with libFuzzer here: make deps,no fuzz targets yet))
endef

define PLAN_PORTABLE
$(if $(HERE),alone 600 portable/build $(MAKE) -k -j$(JOBS) portable-programs
)$(foreach m,$(MACHINES),$(if $(filter $m,$(HERE)),$(foreach c,$(PORTABLE_SRC:tests/%.c=%),side 120 $m/$c $(call qemu,$m) $(BUILD)/$m/$c
),alone 5 $m $(SKIP) no $m-linux-gnu-gcc or no qemu for it here: make deps
))$(foreach c,$(PORTABLE_OUT),alone 5 portable/$(c:tests/%.c=%) $(SKIP) needs an operating system that qemu-user does not give
)
endef

export BUILD CC
define line


endef

# $(call run,PLAN)
run = $(file >$(BUILD)/plan,$1)@sed -i '/^ *$$/d; s/^ *//' $(BUILD)/plan && $(RUN) $(BUILD)/log $(JOBS) < $(BUILD)/plan

# What is there is looked for by the second make, after the first has installed what was not.
test:
	@tools/deps.sh test || echo 'What is missing is skipped below, and said so.'
	@$(MAKE) --no-print-directory test-here

test-here:
	$(call run,$(PLAN_TEST)$(line)$(call PLAN_FUZZ,2)$(line)$(PLAN_PORTABLE)$(line)$(PLAN_LIVE))

unit: $(CASES)
	$(call run,$(PLAN_UNIT))

# One target for each claim of docs/evidence.md, so that it can be shown alone.
sim: $(BUILD)/fast/sim
	$< --connections 1000000

flood: $(BUILD)/fast/flood
	FRAMES=500000000 MEMORY=1 SEED=1 $< & FRAMES=500000000 MEMORY=1 SEED=2 $< && wait $$!

gate: $(BUILD)/gate/echo
	bench/gate.sh

layout: $(BUILD)/gate/layout
	$<

roundtrip: all $(KERNELS)
	bench/roundtrip.sh

rate: all $(KERNELS)
	bench/rate.sh

reflect: all $(WIRES)
	bench/reflect.sh

idle: all
	bench/idle.sh

live: all $(PARTNERS)
	$(call run,$(PLAN_LIVE))

kills: all $(PARTNERS)
	$(call run,$(PLAN_KILLS))

ten:
	tools/ten_times.sh

# The table of every call in every state, from the tests that make them.
calls: $(BUILD)/test/tcp/calls_test $(BUILD)/test/tcp/addresses_test $(BUILD)/test/tcp/datagram_calls_test
	@for c in $^; do $$c --table || exit 1; done > $(BUILD)/calls.md && mv $(BUILD)/calls.md docs/calls.md

breaks:
	tests/breaks.sh

portable:
	$(call run,$(PLAN_PORTABLE))

fuzz:
	$(call run,$(call PLAN_FUZZ,$(FUZZ_SECONDS)))

fuzz-programs: $(FUZZERS)
	@mkdir -p $(FUZZ_SRC:tests/fuzz/%.c=$(BUILD)/corpus/%)

portable-programs: $(foreach m,$(HERE),$(PORTABLE_SRC:tests/%.c=$(BUILD)/$m/%))

bench: $(BENCHES)
	@status=0; for b in $(BENCHES) $(wildcard bench/gate.sh); do echo "== $$b"; $$b || status=1; done; exit $$status

# ---- lint --------------------------------------------------------------------------------------------------
# Three parts: warnings are errors under this compiler, they are under another one, and the house's own rules.

lint: $(BUILD)/lint/lint
	@status=0; \
	$(MAKE) -s -k -j$(JOBS) lint-objects && echo 'ok compiler: $(CC) has nothing to say' || \
	  { echo 'not ok compiler: $(CC) -Werror'; status=1; }; \
	if ! command -v $(or $(CC2),clang) >/dev/null; then echo 'skip compiler2 # no second compiler here: make deps'; \
	elif $(MAKE) -s -k -j$(JOBS) lint-objects2; then echo 'ok compiler2: $(CC2) has nothing to say'; \
	else echo 'not ok compiler2: $(CC2) -Werror'; status=1; fi; \
	$< . $(BUILD)/lint $(CC) $(STD) $(WARN) $(INCLUDES) $(HOSTED) || status=1; \
	exit $$status

lint-objects: $(call objects,lint,$(LIB_SRC)) $(call objects,warn,$(OTHER_SRC))

lint-objects2: $(call objects,warn2,$(LIB_SRC) $(OTHER_SRC))

$(BUILD)/lint/lint: $(call objects,lint,$(LINT_SRC))
	$(call link,$(CC) -no-pie)

# ---- the rest ----------------------------------------------------------------------------------------------

run:
	@tools/deps.sh run || echo 'Going on with what there is.'
	@$(MAKE) -s -j$(JOBS) all
	@BUILD=$(BUILD) tools/run.sh

deps:
	@tools/deps.sh test

clean:
	rm -rf $(BUILD)

help:
	@echo 'make            the library (build/librunnel.a, .so) and the programs (build/runnel, build/picotcp_netmap)'
	@echo 'make run        shows that it works: a wire between the kernel and an echo server that is ours'
	@echo 'make test       everything that is checked at each change'
	@echo 'make unit       of these, the unit tests and the packet traces'
	@echo 'make sim        1,000,000 connections over faulty wires, in virtual time (100,000 in make test)'
	@echo 'make live       against the kernel, in network namespaces (root)'
	@echo 'make gate       instructions a request; make layout: ten million records; make bench: these and times'
	@echo 'make calls      writes docs/calls.md from the tests that make every call in every state'
	@echo 'make roundtrip  one byte there and back, both ends asleep in between, against the kernel alone (root)'
	@echo 'make rate       64 MB there and back over a veth pair, against the kernel alone (root)'
	@echo 'make reflect    what the stack adds to what a device costs, against a reflector (root)'
	@echo 'make idle       what a server costs that has nothing to do (root)'
	@echo 'make kills      of these, that a kill -9 leaves nothing on an interface, a hundred times'
	@echo 'make ten        make test ten times in a row beside two spinning processes'
	@echo 'make breaks     breaks one thing after the other and sees whether the tests see it'
	@echo 'make lint       warnings as errors, two compilers, the rules of the house'
	@echo 'make portable   the unit tests on $(MACHINES), under qemu'
	@echo 'make fuzz       each fuzz target for FUZZ_SECONDS=$(FUZZ_SECONDS)'
	@echo 'make bench      the figures'
	@echo 'make deps       installs the Debian packages that all of this needs'
	@echo 'make install    under PREFIX=$(PREFIX), in DESTDIR=$(DESTDIR)'
	@echo 'make clean      removes $(BUILD)/'
	@echo 'variables       CC, CFLAGS, LDFLAGS, BUILD (another folder), JOBS'

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

.PHONY: all install test test-here unit sim gate layout roundtrip rate reflect idle live kills ten breaks calls test-programs portable portable-programs fuzz fuzz-programs bench lint lint-objects lint-objects2 run deps clean help
.DELETE_ON_ERROR:
.SECONDARY:
