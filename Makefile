# Makefile - build, test, audit. `make help` lists the goals. Everything is written below $(BUILD).
BUILD ?= build
ifeq ($(origin CC),default)
CC := gcc
endif
CSTD := -std=gnu11
WARN := -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef
CFLAGS ?= -O2 -g
CPPFLAGS += -D_GNU_SOURCE -I. -Itargets/spc -Iharness/include -DFORKAUDIT_VERSION='"$(VERSION)"'
VERSION := 0.1.0
ALL_CFLAGS = $(CSTD) $(WARN) $(CFLAGS) $(EXTRA_CFLAGS) -MMD -MP
LDLIBS_TOOL := -lsqlite3 -lseccomp -ldw -lelf -lsmartcols
LDLIBS_SPC := -lcrypto -lpthread
HEADERS := sqlite3.h seccomp.h libelf.h elfutils/libdwfl.h libsmartcols/libsmartcols.h openssl/evp.h sys/sdt.h CUnit/Basic.h

LIB_SRC := $(sort $(wildcard harness/facts/*.c harness/trace/*.c harness/look/*.c harness/observe/*.c \
             harness/prove/*.c harness/stack/*.c harness/inject/*.c \
             harness/snapshot/*.c harness/generator/*.c harness/draw/*.c harness/random/*.c checks/*.c reports/*.c) $(filter-out harness/cli/main.c,$(wildcard harness/cli/*.c)))
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/gen/checks.o $(BUILD)/obj/gen/facts.o
SPC_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard targets/spc/*.c))
TARGET_SRC := $(sort $(wildcard targets/fd/*.c targets/rng/*.c targets/id/*.c))
TARGETS := $(foreach t,$(TARGET_SRC),$(BUILD)/targets/$(notdir $(t:.c=)))
TEST_SRC := $(sort $(wildcard harness/*/tests/test_*.c checks/tests/test_*.c reports/tests/test_*.c \
              targets/spc/tests/test_*.c targets/tests/test_*.c))
TESTS := $(foreach t,$(TEST_SRC),$(BUILD)/tests/$(notdir $(t:.c=)))
# Suites that only run the program are left to harness/tests/memcheck-program.sh.
MEMCHECK_TESTS = $(foreach t,$(filter-out $(shell grep -l cli/tests/program.h $(TEST_SRC)),\
                   $(filter harness/% targets/spc/%,$(TEST_SRC))),$(BUILD)/tests/$(notdir $(t:.c=)))
CHECK_SQL := $(sort $(wildcard checks/*.sql checks/*/*.sql))
TOOLS := $(patsubst targets/daemons/%.c,$(BUILD)/daemons/%,$(wildcard targets/daemons/*.c))
BENCH := $(patsubst harness/bench/%.c,$(BUILD)/bench/%,$(wildcard harness/bench/*.c))
MAN := $(wildcard harness/cli/*.[1-8] checks/*.[1-8] reports/*.[1-8] targets/spc/*.[1-8])

JOBS ?= $(shell nproc 2>/dev/null || echo 2)
# V=1 shows the commands.
Q := $(if $(V),,@)
say = @$(if $(V),:,printf '  %-5s %s\n' $(1) $@)
# A goal that calls make again uses all processors, unless -j was given.
SUBMAKE = $(MAKE) --no-print-directory $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(JOBS))
DEPS := harness/setup/deps.sh
RUN_SUITES := JOBS=$(JOBS) harness/tests/run-suites.sh

.DELETE_ON_ERROR:
.SUFFIXES:
all: $(BUILD)/forkaudit $(TARGETS)
targets: $(TARGETS)
tests: $(TESTS)

$(BUILD)/obj/%.o: %.c | $(BUILD)/headers
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

# One line instead of a page of errors when a library is missing.
$(BUILD)/headers:
	@mkdir -p $(@D)
	@command -v $(CC) >/dev/null || { echo "make: $(CC) is missing: run make deps" >&2; exit 1; }
	@for h in $(HEADERS); do printf '#include <%s>\n' $$h | $(CC) $(CPPFLAGS) -E - >/dev/null 2>&1 || missing="$$missing $$h"; done; \
	  if [ -n "$$missing" ]; then echo "make: headers are missing:$$missing: run make deps" >&2; exit 1; fi
	@touch $@

$(BUILD)/gen/checks.c: checks/embed.awk $(CHECK_SQL)
	@mkdir -p $(@D)
	$(call say,GEN)
	$(Q)LC_ALL=C awk -v table=embedded_checks -f checks/embed.awk $(CHECK_SQL) > $@
$(BUILD)/gen/facts.c: checks/embed.awk harness/facts/facts.sql
	@mkdir -p $(@D)
	$(call say,GEN)
	$(Q){ echo 'extern const char facts_sql[];'; echo 'const char facts_sql[] ='; \
	  sed 's/\\/\\\\/g; s/"/\\"/g; s/.*/"&\\n"/' harness/facts/facts.sql; echo ';'; } > $@
$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c | $(BUILD)/headers
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/libforkaudit.a: $(LIB_OBJ)
	@rm -f $@
	$(call say,AR)
	$(Q)ar rcs $@ $^
$(BUILD)/libspc.a: $(SPC_OBJ)
	@rm -f $@
	$(call say,AR)
	$(Q)ar rcs $@ $^
$(BUILD)/forkaudit: $(BUILD)/obj/harness/cli/main.o $(BUILD)/libforkaudit.a
	$(call say,LINK)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS_TOOL)

define target_rule
$(BUILD)/targets/$(notdir $(1:.c=)): $(BUILD)/obj/$(1:.c=.o) $(BUILD)/libspc.a
	@mkdir -p $$(@D)
	$$(call say,LINK)
	$$(Q)$$(CC) $$(ALL_CFLAGS) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS_SPC)
endef
$(foreach t,$(TARGET_SRC),$(eval $(call target_rule,$(t))))

# What a folder of tests holds beside its test_*.c is linked to each of them.
test_helpers = $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out $(dir $(1))test_%,$(wildcard $(dir $(1))*.c))) \
  $(if $(filter harness/random/%,$(1)),$(BUILD)/obj/harness/observe/tests/audit.o)

define test_rule
$(BUILD)/tests/$(notdir $(1:.c=)): $(BUILD)/obj/$(1:.c=.o) $(call test_helpers,$(1)) $(BUILD)/obj/harness/testing.o \
    $(BUILD)/libforkaudit.a $(BUILD)/libspc.a
	@mkdir -p $$(@D)
	$$(call say,LINK)
	$$(Q)$$(CC) $$(ALL_CFLAGS) $$(LDFLAGS) -o $$@ $$^ -lcunit $$(LDLIBS_TOOL) $$(LDLIBS_SPC)
endef
$(foreach t,$(TEST_SRC),$(eval $(call test_rule,$(t))))

# Small helpers of the daemons' scripts and of the benchmark.
$(BUILD)/daemons/%: targets/daemons/%.c
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $<
# It makes audits itself, to see when each part of one begins.
$(BUILD)/bench/draw_audit: harness/bench/draw_audit.c $(BUILD)/libforkaudit.a
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS_TOOL)
$(BUILD)/bench/%: harness/bench/%.c
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $<

# Programs that nobody instrumented, each linked to one library alone: NAME,SOURCE,PKG-CONFIG PACKAGE,FLAGS. Not built by `make`.
generator_common := targets/generators/skeleton.c targets/generators/ways.c
define generator_rule
GENERATORS += $(BUILD)/generators/$(1)
$(BUILD)/generators/$(1): targets/generators/$(2).c $$(generator_common) $$(wildcard targets/generators/*.h)
	@mkdir -p $$(@D)
	$$(call say,LINK)
	$$(Q)$$(CC) $$(CSTD) $$(WARN) $$(CFLAGS) -D_GNU_SOURCE -I. -o $$@ $$(filter %.c,$$^) \
	  $(if $(3),$$$$(pkg-config --cflags --libs $(3) | sed 's/-I/-isystem /g')) $(4) -lpthread
endef
$(eval $(call generator_rule,libc,libc))
$(eval $(call generator_rule,libc-static,libc,,-static))
$(eval $(call generator_rule,libc-static-pie,libc,,-static-pie -fPIE))
$(eval $(call generator_rule,libc-static-stripped,libc,,-static -s))
$(eval $(call generator_rule,own,own))
$(eval $(call generator_rule,own-static,own,,-static))
$(eval $(call generator_rule,own-static-pie,own,,-static-pie -fPIE))
$(eval $(call generator_rule,own-stripped,own,,-s))
$(eval $(call generator_rule,own-static-stripped,own,,-static -s))
$(eval $(call generator_rule,openssl,openssl,libcrypto))
$(eval $(call generator_rule,gcrypt,gcrypt,libgcrypt))
$(eval $(call generator_rule,gnutls,gnutls,gnutls))
$(eval $(call generator_rule,nss,nss,nss))
$(eval $(call generator_rule,sodium,sodium,libsodium))
$(eval $(call generator_rule,mbedtls,mbedtls,,-lmbedcrypto))
$(eval $(call generator_rule,bsd,bsd,libbsd))
$(eval $(call generator_rule,uuid,uuid,uuid))
$(eval $(call generator_rule,apr,apr,apr-1))
$(BUILD)/generators/judge: targets/generators/judge.c targets/generators/recorded.c targets/generators/truth.c $(wildcard targets/generators/*.h)
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(CSTD) $(WARN) $(CFLAGS) -D_GNU_SOURCE -I. -o $@ $(filter %.c,$^) -lsqlite3
generators: $(GENERATORS) $(BUILD)/generators/judge

help:
	@sed -n 's/^# HELP //p' Makefile

# HELP make            build build/forkaudit and build/targets/*; installs nothing
# HELP make deps       install the missing Debian packages for building and testing
deps:
	@$(DEPS) check

# HELP make check      deps, build, and run every suite and every target
check: deps
	@$(SUBMAKE) all tests
	@$(RUN_SUITES) $(BUILD) $(TESTS)

# HELP make audit      deps, build, and audit Debian's nginx: report on the terminal, recording in build/audit/
audit: deps
	@$(SUBMAKE) all $(TOOLS)
	@targets/daemons/nginx/audit.sh $(BUILD)

# HELP make check-generators  deps, build, and hold the verdicts on generators against what programs of eleven libraries really draw
check-generators: deps
	@$(DEPS) generators
	@$(SUBMAKE) $(BUILD)/forkaudit generators
	@JOBS=$(JOBS) targets/generators/check.sh $(BUILD) $(CASES)

# HELP make inject     deps, build, and see what nginx does when dropping privilege fails: report in build/audit/
inject: deps
	@$(SUBMAKE) all $(TOOLS)
	@targets/daemons/nginx/audit.sh $(BUILD) inject

# HELP make lint       include table, headers alone, docs against tables, format, -Werror
lint: deps
	@$(DEPS) lint
	@$(SUBMAKE) BUILD=$(BUILD)/werror EXTRA_CFLAGS=-Werror all tests lint-tools >/dev/null
	@harness/lint/lint.sh $(BUILD)/werror
lint-tools: $(TOOLS) $(BENCH)

# HELP make format     bring all C files into the form that lint demands
format:
	@$(DEPS) lint
	find harness checks reports targets -name '*.[ch]' -exec clang-format -i {} +

# HELP make memcheck   harness and spc suites under valgrind
memcheck: deps
	@$(DEPS) memcheck
	@$(SUBMAKE) all tests
	@JOBS=$(JOBS) harness/tests/memcheck.sh $(BUILD) $(MEMCHECK_TESTS)

# HELP make sanitize   every suite with address and undefined-behaviour sanitizers (leaks are for memcheck: LeakSanitizer refuses under ptrace)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -O1
sanitize: deps
	@$(SUBMAKE) targets
	@mkdir -p $(BUILD)/sanitize && ln -sfn ../targets $(BUILD)/sanitize/targets
	@$(SUBMAKE) BUILD=$(BUILD)/sanitize EXTRA_CFLAGS='$(SANITIZE)' $(BUILD)/sanitize/forkaudit tests
	@ASAN_OPTIONS=detect_leaks=0:abort_on_error=1 UBSAN_OPTIONS=print_stacktrace=1 \
	  $(RUN_SUITES) $(BUILD)/sanitize $(TESTS:$(BUILD)/%=$(BUILD)/sanitize/%)

# HELP make coverage   line coverage of every suite, HTML in build/coverage/, at least 85 %
coverage: deps
	@$(DEPS) coverage
	@$(SUBMAKE) BUILD=$(BUILD)/coverage-build EXTRA_CFLAGS='--coverage -O0 -include harness/coverage.h' all tests
	@JOBS=$(JOBS) harness/tests/coverage.sh $(BUILD) $(TESTS:$(BUILD)/%=$(BUILD)/coverage-build/%)

# HELP make bench      bare, audited, strace and valgrind side by side, as ratios to bare
bench: deps
	@$(DEPS) bench
	@$(SUBMAKE) all $(TOOLS) $(BENCH)
	@harness/bench/bench.sh $(BUILD)

# HELP make bench-generators   what --generators costs: how long a process is held, and drawing and comparing, on nginx and apache2
bench-generators: deps
	@$(SUBMAKE) $(TOOLS) $(BENCH)
	@harness/bench/generators.sh $(BUILD)

# HELP make install    to $(DESTDIR)$(PREFIX), default /usr/local; make uninstall takes it away again
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
INCLUDEDIR ?= $(PREFIX)/include
PKGCONFIGDIR ?= $(PREFIX)/share/pkgconfig
MANDIR ?= $(PREFIX)/share/man
INSTALL ?= install
installed_man = $(foreach m,$(MAN),$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(m)))/$(notdir $(m)).gz)
install: $(BUILD)/forkaudit
	$(INSTALL) -D -m 0755 $(BUILD)/forkaudit $(DESTDIR)$(BINDIR)/forkaudit
	$(INSTALL) -D -m 0644 harness/include/forkaudit.h $(DESTDIR)$(INCLUDEDIR)/forkaudit.h
	@mkdir -p $(DESTDIR)$(PKGCONFIGDIR)
	printf '%s\n' 'prefix=$(PREFIX)' 'includedir=$(INCLUDEDIR)' '' 'Name: forkaudit' \
	  'Description: markers for programs whose forks are audited by forkaudit' 'Version: $(VERSION)' \
	  'Cflags: -I$${includedir}' > $(DESTDIR)$(PKGCONFIGDIR)/forkaudit.pc
	@chmod 0644 $(DESTDIR)$(PKGCONFIGDIR)/forkaudit.pc
	@for m in $(MAN); do d=$(DESTDIR)$(MANDIR)/man$${m##*.}; mkdir -p $$d && \
	  gzip -9nc $$m > $$d/$${m##*/}.gz && chmod 0644 $$d/$${m##*/}.gz && echo "$$d/$${m##*/}.gz" || exit 1; done
uninstall:
	rm -f $(DESTDIR)$(BINDIR)/forkaudit $(DESTDIR)$(INCLUDEDIR)/forkaudit.h $(DESTDIR)$(PKGCONFIGDIR)/forkaudit.pc $(installed_man)

# HELP make clean      remove build/
clean:
	rm -rf $(BUILD)
.PHONY: all targets tests generators help deps check check-generators audit inject lint lint-tools format memcheck sanitize coverage bench bench-generators install uninstall clean
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
