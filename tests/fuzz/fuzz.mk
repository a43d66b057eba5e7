# SPDX-License-Identifier: GPL-2.0-only
# Fuzzers: libFuzzer programs over the same sources as the unit tests.  `make
# fuzz` runs each a fixed number of times from a fixed seed over the committed
# corpus; FUZZ_RUNS=n changes the number.  To add one: write fuzz_NAME.c, put
# a few inputs into corpus/NAME/ and add a line to the table.

## make fuzz            the fuzzers alone; FUZZ_RUNS=n runs of each

# fuzz_NAME := the sources that fuzz_NAME.c is linked with.
fuzz_acpi         := arch/board/acpi.c arch/board/acpi_ports.c arch/board/acpi_s5.c
fuzz_block        := tests/unit/fake_guest_memory.c drivers/virtio/virtio_block.c \
	drivers/virtio/virtqueue.c lib/format.c lib/div64.c
fuzz_boot_info    := boot/boot_info.c boot/multiboot1.c boot/multiboot2.c
fuzz_decode       := $(DECODE)
fuzz_device_page  := tests/unit/fake_guest_memory.c drivers/virtio/device_page.c \
	drivers/virtio/device_page_notify.c drivers/virtio/virtio_console.c \
	drivers/virtio/virtqueue.c lib/format.c lib/div64.c
fuzz_gdb_packet   := hv/gdb/gdb_packet.c hv/gdb/gdb_text.c lib/format.c lib/div64.c
fuzz_image        := hv/load/image_parse.c hv/load/image_elf.c hv/load/boot_params.c lib/format.c \
	lib/div64.c
fuzz_madt         := arch/board/acpi.c arch/board/acpi_ports.c arch/board/acpi_s5.c \
	arch/board/madt.c
fuzz_module_words := $(GUEST_CONFIG) lib/format.c lib/div64.c lib/parse.c
fuzz_net_offload  := $(NET_OFFLOAD)
fuzz_ethernet_switch := $(ETHERNET)
fuzz_virtio_net   := tests/unit/fake_guest_memory.c $(VIRTIO_NET)
fuzz_partition    := $(PARTITION)
fuzz_shadow       := $(SHADOW_MODEL)
fuzz_pci          := $(VPCI_BUS) drivers/virtio/virtio_console.c
fuzz_virtio_entropy := tests/unit/fake_guest_memory.c drivers/virtio/virtio_entropy.c \
	drivers/virtio/virtqueue.c lib/format.c lib/div64.c
fuzz_pci_scan     := $(PCI_SCAN)
fuzz_virtio_net_pci := tests/unit/fake_heap.c lib/error.c
fuzz_virtio_pci   := tests/unit/fake_stuck_clock.c drivers/pci/virtio_pci.c \
	drivers/pci/pci_capability.c
fuzz_virtqueue    := tests/unit/fake_guest_memory.c drivers/virtio/virtqueue.c lib/format.c \
	lib/div64.c

O ?= build
FUZZ_CC ?= clang
FUZZ_RUNS ?= 60000
FUZZ_CFLAGS := -std=gnu11 -O1 -g -fno-omit-frame-pointer -I. \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	-Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wvla -Wundef -Werror

FUZZ_OUT := $(O)/fuzz
$(patsubst %.c,$(FUZZ_OUT)/%.o,$(NATIVE_SOURCES) tests/fuzz/fuzz_shadow.c): \
	FUZZ_CFLAGS := $(NATIVE_FLAGS) $(FUZZ_CFLAGS)
# What the model does is no news to the fuzzer, and would cost it most of its time.
$(FUZZ_OUT)/tests/unit/%.o: FUZZ_CFLAGS := $(FUZZ_CFLAGS) -fno-sanitize=fuzzer
# Those that take longest begin, and the others find room beside them.
FUZZ_LONG := shadow ethernet_switch virtio_net
FUZZ_ALL := $(sort $(patsubst fuzz_%,%,$(filter fuzz_%,$(.VARIABLES))))
FUZZ_NAMES := $(FUZZ_LONG) $(filter-out $(FUZZ_LONG),$(FUZZ_ALL))

$(FUZZ_OUT)/%.o: %.c
	@mkdir -p $(@D)
	@$(FUZZ_CC) $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

define fuzz_program
$(FUZZ_OUT)/fuzz_$(1): $(patsubst %.c,$(FUZZ_OUT)/%.o,tests/fuzz/fuzz_$(1).c $(fuzz_$(1)))
	@$(FUZZ_CC) $(FUZZ_CFLAGS) -o $$@ $$^
endef
$(foreach name,$(FUZZ_NAMES),$(eval $(call fuzz_program,$(name))))

.PHONY: fuzz
fuzz: $(FUZZ_NAMES:%=$(FUZZ_OUT)/fuzz_%)
	@sh tests/fuzz/run.sh $(FUZZ_RUNS) $^

-include $(shell find $(FUZZ_OUT) -name '*.d' 2>/dev/null)
