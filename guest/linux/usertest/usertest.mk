# SPDX-License-Identifier: GPL-2.0-only
# The program that tests Linux from its user's side: a static one for i686, and an initial RAM
# disk that has it. Included by linux.mk, whose initial RAM disk this one is put behind.

USERTEST_FOLDER := $(LINUX_FOLDER)/usertest
USERTEST        := $(O)/linux/usertest/usertest
LINUX_TEST_INITRD := $(LINUX_OBJECTS)/test-initrd.gz
USERTEST_SOURCES := $(sort $(wildcard $(USERTEST_FOLDER)/*.c))
USERTEST_OBJECTS := $(USERTEST_SOURCES:$(USERTEST_FOLDER)/%.c=$(O)/linux/usertest/%.o)
# Without SSE of the compiler's own: tests have values in its registers.
USERTEST_CFLAGS := -D_GNU_SOURCE -std=gnu11 -m32 -march=i686 -mno-sse -O2 -g \
	-fno-strict-aliasing -fno-pic -fno-pie -pthread -I. \
	$(filter-out -Wframe-larger-than=%,$(WARNINGS))

# The compiler must have a C library, as Debian's cross compiler does.
$(O)/linux/usertest/%.o: $(USERTEST_FOLDER)/%.c $(USERTEST_FOLDER)/usertest.mk
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(LINUX_CROSS)gcc $(USERTEST_CFLAGS) -MMD -MP -c -o $@ $<

$(USERTEST): $(USERTEST_OBJECTS)
	@echo "  LD      $@"
	$(Q)$(LINUX_CROSS)gcc -m32 -static -no-pie -pthread -o $@ $^

# An archive behind another one adds to it (Linux, "initramfs buffer format").
$(LINUX_TEST_INITRD): $(LINUX_INITRD) $(USERTEST) $(FAILING)
	@echo "  INITRD  $@"
	$(Q)printf 'file %s 0755 0 0\n' '/bin/usertest $(USERTEST)' \
		'/failing.ko $(FAILING)' > $@.list
	$(Q)$(LINUX_OBJECTS)/usr/gen_init_cpio $@.list | gzip -n | cat $(LINUX_INITRD) - > $@.new
	$(Q)mv $@.new $@

## make usertest        build the tests of Linux from its user's side, and run them on this
##                      machine's own kernel, which shows that the tests are right
.PHONY: usertest
usertest:
	$(Q)iso/deps.sh usertest
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) $(USERTEST)
	$(Q)$(USERTEST) dir=$(O)/linux/usertest

-include $(USERTEST_OBJECTS:.o=.d)
