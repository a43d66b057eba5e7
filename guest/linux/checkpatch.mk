# SPDX-License-Identifier: GPL-2.0-only
# Linux's own check of style, of what is added to its sources. Included by linux.mk; offers
# `make linux-checkpatch`.

CHECKPATCH := $(LINUX_DIR)/checkpatch/checkpatch.pl
CHECKPATCH_FILES := $(sort $(shell \
	find $(LINUX_FOLDER)/files $(LINUX_FOLDER)/files-$(LINUX) -type f 2>/dev/null))
CHECK_LINUX := perl $(CHECKPATCH) --no-tree --strict --quiet --show-types

CHECKPATCH_PARTS := checkpatch.pl const_structs.checkpatch spelling.txt

# The program and what it reads, without unpacking all else.
$(CHECKPATCH): $(LINUX_TARBALL)
	@echo "  UNTAR   $@"
	$(Q)rm -rf $(@D)
	$(Q)mkdir -p $(@D)
	$(Q)tar -xf $< -C $(@D) --strip-components=2 --occurrence=1 --touch \
		$(CHECKPATCH_PARTS:%=linux-source-$(LINUX)/scripts/%)

## make linux-checkpatch  Linux's checkpatch.pl on our files and edits, with all that it can find
##     LINUX=6.12                                       those of the other version
# An edit is read from standard input: a file that git knows is taken for a source. Nobody signs it.
# The module that is there to fail may do so.
.PHONY: linux-checkpatch
linux-checkpatch: deps-linux
	$(Q)$(MAKE) --no-print-directory -s $(CHECKPATCH)
	$(Q)$(CHECK_LINUX) --no-signoff - < $(LINUX_FOLDER)/edits/$(LINUX).patch
	$(Q)$(CHECK_LINUX) --file $(CHECKPATCH_FILES)
	$(Q)$(CHECK_LINUX) --ignore AVOID_BUG --file $(FAILING_SOURCES)
	@echo "checkpatch: $(words $(CHECKPATCH_FILES) $(FAILING_SOURCES)) files and" \
		"edits/$(LINUX).patch: clean"
