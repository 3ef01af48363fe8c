# SPDX-License-Identifier: GPL-2.0-only
#
# make            the module for the running kernel (or KVER=) and the tool
# make install    both of them and the man page
# make check      every test, in a throwaway VM; NAME=... for some of them
# make demo       a chain opened, read and compared; VMDK=... for your own

# Where the running kernel's headers are missing, the newest ones installed.
KVER ?= $(firstword $(foreach v,$(shell uname -r) \
	$(notdir $(shell ls -dv /lib/modules/*/build 2>/dev/null | sed 's,/build$$,,' | tac)), \
	$(if $(wildcard /lib/modules/$(v)/build/Makefile),$(v))))
KDIR ?= /lib/modules/$(KVER)/build

# Objects stay out of the sources, so that several kernels' can lie side by side.
BUILD := build/$(KVER)
SOURCES := Kbuild $(wildcard dm-sesparse/*.[ch]) userspace/kernel-shim.h

all: module tool

module: $(addprefix $(BUILD)/,$(SOURCES))
	@test -n "$(KVER)" || { echo "No kernel headers found: apt-get install linux-headers-amd64, or give KVER=RELEASE" >&2; exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR)/$(BUILD) modules

$(BUILD)/%: %
	@mkdir -p $(@D)
	@ln -sf $(CURDIR)/$< $@

tool:
	$(MAKE) -C userspace

clean:
	rm -rf build
	$(MAKE) -C userspace clean
	$(MAKE) -C tests clean

.PHONY: all module tool clean
