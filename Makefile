# SPDX-License-Identifier: GPL-2.0-only
#
# make            the module for the running kernel (or KVER=), the tool, and the plugin
#                 of nbdkit where its headers are
# make tool       the tool alone
# make nbdkit     the plugin alone
# make install    both, man pages, a udev rule and units of systemd (DESTDIR=,
#                 PREFIX=/usr/local)
# make install-nbdkit  the plugin and its man page, where nbdkit looks for it
# make uninstall  takes away what install, with the same DESTDIR, PREFIX and KVER, has
#                 put there; uninstall-nbdkit, what install-nbdkit has
# make sign       signs the module for Secure Boot: MOK_KEY=, MOK_CERT=, dkms's by default
# make deb        packages of Debian, in build/deb
# make check-packages  these, in a clean Debian 12: installed, upgraded, removed; and
#                 what runs under systemd, in a VM
# make check-newest  the tool, the plugin, the module and the tests without VMs in Debian 13;
#                 built by unstable's compiler; and in a bare Debian 12 without network
# make demo       a chain on a LUN opened, read and compared; VMDK=x.vmdk, or LUN=/dev/x
#                 DISK=/vm/vm.vmdk, for your own
# make picture    draws the README's terminal anew, from a run in a VM
# make check      every test; NAMES="..." for some, KERNELS="..." for others;
#                 MUTATIONS="--seed 7 --count 5000" NAMES=mutated for more broken chains
#                 FAULTS_CYCLES=1000 NAMES=memory_comes_back for more devices
# make check-big-endian  the module's pure files as s390x runs them
# make fuzz       goes on fuzzing where the corpus stands; TARGET="..." for some,
#                 TIME= seconds or RUNS= executions of each, CORPUS= another folder
# make check-debug  the suite on kernels that watch memory and locks, which it builds;
#                 KERNELS="debug debug-race" NAMES="..." for others, and for some
# make soak       SOAK_MINUTES=10 of mixed load by 32 jobs, verified, on each of KERNELS
# make check-arch  the module on s390x, arm64 and i386, in VMs; ARCHES="s390x ..." for some
# make upstream TREE=linux-x  the module as patches for that kernel's source, in
#                 build/upstream/VERSION (OUT=): upstream/README
# make check-upstream  those patches built in Linux 6.12 and 7.3, and tested in VMs
# make lint       what tools that read the sources find; some of it is in make check
# make bench      what reads and loads cost; KERNEL=7.3, or HERE=1 DEVICE=/dev/x
# make bench-nbdkit  the plugin's rate beside qemu-nbd's
# make bench-restore  restore's rate beside qemu-img's, nbdcopy's and a raw copy's
# make clean      takes away what was built

# Where the running kernel's headers are missing, the newest ones installed.
installed = $(shell ls -dv /lib/modules/*/build 2>/dev/null | tac)
KVER ?= $(firstword $(foreach v,$(shell uname -r) \
	$(patsubst /lib/modules/%/build,%,$(installed)), \
	$(if $(wildcard /lib/modules/$(v)/build/Makefile),$(v))) \
	$(shell uname -r))
KDIR ?= /lib/modules/$(KVER)/build
PREFIX ?= /usr/local

# Kernels that the tests boot, see tests/vm/run --help, and how many at once.
KERNELS ?= 6.1
JOBS ?= $(shell nproc)
# As many compilers, unless this make was told how many.
parallel = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))

# Objects stay out of the sources, so that several kernels' can lie side by side.
SOURCES := Kbuild $(wildcard dm-sesparse/*.[ch])

# A plugin is built for the nbdkit that there is, if there is one.
plugin = $(if $(shell pkg-config --exists 'nbdkit >= 1.30' 2>&1 || echo no),,nbdkit)

all: module tool $(plugin)

# A module with the knobs that some tests turn (dm-sesparse/debug.h) is built beside
# the one without.
TREE = $(KVER)$(if $(filter 1,$(SESPARSE_DEBUG)),-debug)

# $(call link_sources,TREE): a tree of links to build in
define link_sources
@for f in $(SOURCES); do \
	mkdir -p build/$(1)/$$(dirname $$f) && \
	ln -sf $(CURDIR)/$$f build/$(1)/$$f || exit 1; \
done
endef

module: headers
	$(call link_sources,$(TREE))
	$(MAKE) -C $(KDIR) M=$(CURDIR)/build/$(TREE) modules

headers:
	@test -f "$(KDIR)/Makefile" || { \
		echo "No headers in $(KDIR): apt-get install linux-headers-$$(uname -r), or give KVER=RELEASE, or build the tool alone: make tool" >&2; \
		exit 1; \
	}
	@test "$(KVER)" = "$$(uname -r)" || echo "Building for $(KVER), not for the running kernel $$(uname -r)."

tool:
	$(MAKE) -C userspace

nbdkit:
	$(MAKE) -C userspace nbdkit

install-nbdkit:
	$(MAKE) -C userspace install-nbdkit PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)

# Where the module goes, below /lib/modules/RELEASE.
moddir = updates
installed_module = $(DESTDIR)/lib/modules/$(KVER)/$(moddir)/dm-sesparse.ko

# An own KVER is on purpose, the newest headers found are not.
install: all
	@test "$(origin KVER)" != file || test "$(KVER)" = "$$(uname -r)" || { \
		echo "Not installing a module for $(KVER) on $$(uname -r): apt-get install linux-headers-$$(uname -r), or say KVER=$(KVER)" >&2; \
		exit 1; \
	}
	$(MAKE) -C $(KDIR) M=$(CURDIR)/build/$(TREE) \
		INSTALL_MOD_PATH=$(DESTDIR) INSTALL_MOD_DIR=$(moddir) modules_install
	test -n "$(DESTDIR)" || depmod -a $(KVER)
	$(MAKE) -C userspace install PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)

# Kernels may have their modules compressed.
uninstall:
	rm -f $(installed_module) $(addprefix $(installed_module),.gz .xz .zst)
	test -n "$(DESTDIR)" || depmod -a $(KVER)
	$(MAKE) -C userspace uninstall PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)

uninstall-nbdkit:
	$(MAKE) -C userspace uninstall-nbdkit PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)

# The key that dkms makes when it builds its first module: one to enrol for all.
MOK_KEY ?= /var/lib/dkms/mok.key
MOK_CERT ?= /var/lib/dkms/mok.pub
sign_file = $(firstword $(wildcard $(KDIR)/scripts/sign-file \
	/usr/lib/linux-kbuild-*/scripts/sign-file) $(shell command -v kmodsign))
sign_hash = $(or $(shell sed -n 's/^CONFIG_MODULE_SIG_HASH="\(.*\)"/\1/p' $(KDIR)/.config),sha256)

# A signature is added at the end, so there must be none yet: linked anew, there is not.
sign: headers
	@test -r "$(MOK_KEY)" && test -r "$(MOK_CERT)" || { \
		echo "No key to be read in $(MOK_KEY), or no certificate in $(MOK_CERT): dkms makes them when it builds its first module, or give MOK_KEY=FILE and MOK_CERT=FILE; see Documentation/install.md" >&2; \
		exit 1; \
	}
	@test -n "$(sign_file)" || { \
		echo "Neither $(KDIR)/scripts/sign-file nor kmodsign is there: apt-get install linux-headers-$(KVER)" >&2; \
		exit 1; \
	}
	rm -f build/$(TREE)/dm-sesparse.ko
	$(MAKE) module
	$(sign_file) $(sign_hash) $(MOK_KEY) $(MOK_CERT) build/$(TREE)/dm-sesparse.ko

deb:
	@tests/install-packages packaging/packages
	packaging/deb

check-packages: packages
	@tests/install-packages packaging/packages tests/install/packages
	tests/install/run

check-newest: packages
	tests/newest $(SYSTEMS)

# What building and testing take; says what it installs.
packages:
	@tests/install-packages tests/packages tests/vm/packages \
		$(if $(filter debug%,$(KERNELS)),tests/vm/debug-packages)

tests: packages fuzz-targets
	$(MAKE) $(parallel) tool
	$(MAKE) $(parallel) nbdkit
	$(MAKE) $(parallel) -C userspace SANITIZE=1
	$(MAKE) $(parallel) -C tests

fuzz-targets: packages
	@tests/install-packages tests/fuzz/packages
	$(MAKE) $(parallel) -C tests/fuzz

demo-tools: packages
	$(MAKE) $(parallel) --no-print-directory tool
	$(MAKE) $(parallel) --no-print-directory -C tests mksesparse mkvmfs

# The module for a kernel that the tests boot: module-6.1, ..., debug-module-6.1, ...
module-%: packages
	@release=$$(tests/vm/kernel --release $*) && \
	$(MAKE) --no-print-directory module-for KEY=$* KVER=$$release

debug-module-%: packages
	@release=$$(tests/vm/kernel --release $*) && \
	$(MAKE) --no-print-directory module-for KEY=$* KVER=$$release SESPARSE_DEBUG=1

module-for:
	$(call link_sources,$(TREE))
	tests/vm/kernel --make $(KEY) $(CURDIR)/build/$(TREE) modules \
		$(if $(SESPARSE_DEBUG),SESPARSE_DEBUG=$(SESPARSE_DEBUG))

# Kernels are fetched while what is tested is built; apt installs for one at a time.
check: lint-packages
	@tests/install-packages tests/fuzz/packages
	$(MAKE) $(parallel) --no-print-directory built-for-check
	tests/check --jobs $(JOBS) $(KERNELS:%=--kernel %) $(NAMES)

built-for-check: tests $(KERNELS:%=module-%) $(KERNELS:%=debug-module-%)

# The suite on the kernels that tests/vm/debug-configs tells of, and that they report what
# they are there to report.
debug_groups = $(foreach key,$(KERNELS),\
	$(foreach group,vm $(shell tests/suite/list),$(key)/$(group)/))
check-debug: KERNELS = debug
check-debug: tests
	@for key in $(KERNELS); do \
		$(MAKE) --no-print-directory module-$$key debug-module-$$key || exit; \
	done
	tests/check --jobs $(JOBS) $(KERNELS:%=--kernel %) $(or $(NAMES),$(debug_groups))

SOAK_MINUTES ?= 10
soak: tests $(KERNELS:%=module-%)
	@for key in $(KERNELS); do \
		tests/soak --kernel $$key --minutes $(SOAK_MINUTES) || exit; \
	done

fuzz: fuzz-targets
	tests/fuzz/run $(if $(CORPUS),--corpus "$(CORPUS)") \
		$(if $(TIME),--time "$(TIME)") $(if $(RUNS),--runs "$(RUNS)") $(TARGET)

check-big-endian: packages
	@tests/install-packages tests/unit/packages
	$(MAKE) -C tests big-endian

check-arch: demo-tools
	@tests/install-packages tests/arch/packages
	tests/arch/run $(ARCHES)

upstream-packages: packages
	@tests/install-packages tests/upstream/packages

upstream:
	@test "$(TREE)" || { echo "Of which kernel? make upstream TREE=DIR" >&2; exit 1; }
	upstream/make-series "$(TREE)" $(if $(OUT),"$(OUT)")

check-upstream: tests upstream-packages
	tests/upstream/run

lint-packages: packages
	@tests/install-packages tests/lint/packages

lint: lint-packages
	tests/lint/run $$(tests/lint/run --list --slow)

demo: demo-tools module-6.1
	tests/demo $${VMDK:+"$$VMDK"} $${LUN:+--lun "$$LUN" "$$DISK"}

picture: demo-tools module-6.1
	tests/picture/run Documentation/run.svg

KERNEL ?= 7.3
bench: demo-tools
	@tests/install-packages tests/bench/packages
ifeq ($(HERE),1)
	tests/bench/run --here "$(DEVICE)"
else
	$(MAKE) --no-print-directory module-$(KERNEL)
	tests/bench/run --kernel $(KERNEL)
endif

bench-nbdkit: demo-tools nbdkit
	@tests/install-packages tests/bench/packages
	tests/bench/nbdkit

bench-restore: demo-tools nbdkit
	@tests/install-packages tests/bench/packages
	tests/bench/restore-beside

clean:
	rm -rf build
	$(MAKE) -C userspace clean
	$(MAKE) -C tests clean

help:
	@sed -n '/^# make /,/^$$/{s/^# //p}' Makefile

.PHONY: help all headers module tool nbdkit install install-nbdkit uninstall uninstall-nbdkit \
	sign deb check-packages check-newest packages tests fuzz-targets fuzz \
	demo-tools module-for check built-for-check check-debug soak check-big-endian check-arch upstream-packages upstream check-upstream lint lint-packages \
	demo picture bench bench-nbdkit bench-restore clean
