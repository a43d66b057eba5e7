# SPDX-License-Identifier: GPL-2.0-only
# Builds Umbra's own guests: every folder guest/<name>/ with a runtime below it
# becomes $(O)/guest/<name>.elf. Included by the top Makefile, which sets $(O) and
# the tools; offers $(GUEST_ELFS) and the target `guests`.

# Where guest memory is mapped linear; also what lguest_data.kernel_address says.
GUEST_KERNEL_BASE := 0xC0000000

GUEST_NAMES := demo demo_c abi abi_a abi_c access hostile hostile_a hostile_c victim worker \
	bench bench_c entropy entropy_c disk disk_c hostile_disk hostile_disk_c net net_c \
	midway midway_c
GUEST_ELFS := $(GUEST_NAMES:%=$(O)/guest/%.elf)
GUEST_OBJECTS := $(O)/guest/obj

GUEST_CFLAGS := $(CFLAGS32) -mgeneral-regs-only -fno-omit-frame-pointer \
	-DGUEST_KERNEL_BASE=$(GUEST_KERNEL_BASE)u
GUEST_NASMFLAGS := -f elf32 -g -F dwarf -Werror -I./ -DGUEST_KERNEL_BASE=$(GUEST_KERNEL_BASE)
GUEST_LDFLAGS := -m elf_i386 -nostdlib -static -z noexecstack --build-id=none \
	--defsym=guest_kernel_base=$(GUEST_KERNEL_BASE)

# $(call guest_objects,folder): its objects, C and assembly alike.
guest_objects = $(patsubst %.c,$(GUEST_OBJECTS)/%.o,$(sort $(wildcard guest/$(1)/*.c))) \
	$(patsubst %.asm,$(GUEST_OBJECTS)/%.asm.o,$(sort $(wildcard guest/$(1)/*.asm)))

GUEST_RUNTIME := $(call guest_objects,runtime)

# Guests once more for generation A.
GUEST_EXTRA_abi_a := $(call guest_objects,generation_a) \
	$(filter-out %/generation_b.o,$(call guest_objects,abi))
GUEST_EXTRA_hostile_a := $(call guest_objects,generation_a) \
	$(filter %/main.o,$(call guest_objects,hostile))

# And for generation C, less what it does not have.
GUEST_EXTRA_abi_c := $(call guest_objects,generation_c) \
	$(filter-out %/devices.o %/generation_b.o %/window.o,$(call guest_objects,abi))
GUEST_EXTRA_demo_c := $(call guest_objects,generation_c) $(call guest_objects,demo)
GUEST_EXTRA_entropy_c := $(call guest_objects,generation_c) $(call guest_objects,entropy)
GUEST_EXTRA_net_c := $(call guest_objects,generation_c) $(call guest_objects,net)
GUEST_EXTRA_hostile_c := $(call guest_objects,generation_c) \
	$(filter %/main.o %/queues.o %/entropy.o %/net.o,$(call guest_objects,hostile))
GUEST_EXTRA_midway_c := $(call guest_objects,generation_c) $(call guest_objects,midway)
GUEST_EXTRA_disk_c := $(call guest_objects,generation_c) $(call guest_objects,disk)
GUEST_EXTRA_bench_c := $(call guest_objects,generation_c) $(call guest_objects,bench)

# Attacks on a disk stand apart, since the guest needs one for them.
GUEST_EXTRA_hostile_disk := $(filter %/main.o %/queues.o,$(call guest_objects,hostile))
GUEST_EXTRA_hostile_disk_c := $(call guest_objects,generation_c) $(GUEST_EXTRA_hostile_disk) \
	$(call guest_objects,hostile_disk)

.PHONY: guests
guests: $(GUEST_ELFS)

$(GUEST_OBJECTS)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC32) $(GUEST_CFLAGS) -MMD -MP -c $< -o $@

$(GUEST_OBJECTS)/%.asm.o: %.asm
	@mkdir -p $(@D)
	@echo "  NASM    $<"
	$(Q)$(NASM) $(GUEST_NASMFLAGS) -MD $(@:.o=.d) -MP -MT $@ $< -o $@

define guest_rule
$(O)/guest/$(1).elf: $(GUEST_RUNTIME) $(call guest_objects,$(1)) $(GUEST_EXTRA_$(1)) guest/guest.ld
	@mkdir -p $$(@D)
	@echo "  LD      $$@"
	$(Q)$(LD32) $(GUEST_LDFLAGS) -T guest/guest.ld $$(filter %.o,$$^) -o $$@
endef

$(foreach name,$(GUEST_NAMES),$(eval $(call guest_rule,$(name))))

-include $(wildcard $(GUEST_OBJECTS)/guest/*/*.d)
