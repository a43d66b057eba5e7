# SPDX-License-Identifier: GPL-2.0-only
# Unit tests: native programs on cmocka with sanitizers.  `make unit` builds
# and runs them all.  To add one: write tests/unit/test_NAME.c and add a line
# to the table.  O is the output directory; the top Makefile includes this.

CONSOLE_MUX := drivers/backend/console_mux.c drivers/backend/console_lines.c drivers/backend/console_output.c \
	drivers/backend/console_keys.c drivers/backend/console_line.c drivers/backend/console_history.c \
	drivers/phys/ansi.c lib/ring.c lib/format.c lib/div64.c

# What runs on the machine of tests/unit/native/, and the guest of the shadow tables' tests.
NATIVE := tests/unit/native/native.c mm/frames.c mm/heap.c
SHADOW := $(NATIVE) tests/unit/shadow_guest.c mm/first_tables.c mm/guest_tables.c mm/guest_window.c \
	mm/shadow_audit.c mm/shadow_budget.c mm/shadow_fault.c mm/shadow_first.c mm/shadow_leaf.c mm/shadow_space.c mm/shadow_update.c
SHADOW_MODEL := $(SHADOW) tests/unit/shadow_model.c tests/unit/shadow_model_start.c \
	tests/unit/shadow_model_steps.c
PCI_BUS := tests/unit/fake_guest_memory.c drivers/virtio/pci_bus.c drivers/virtio/pci_transport.c \
	drivers/virtio/pci_config.c drivers/virtio/virtqueue.c lib/format.c lib/div64.c
CONFIG := hv/config.c hv/config_line.c hv/config_umbra.c hv/config_module.c
NET_DEVICE := tests/unit/fake_net_card.c drivers/phys/net_device.c drivers/phys/net_poll.c \
	drivers/phys/net_send.c drivers/phys/net_credit.c lib/format.c lib/div64.c
NET_OFFLOAD := drivers/backend/net_offload.c drivers/backend/net_headers.c drivers/backend/net_segment.c
ETHERNET := $(NET_OFFLOAD) drivers/backend/ethernet_switch.c drivers/backend/switch_queue.c \
	tests/unit/fake_heap.c
VIRTIO_NET := $(ETHERNET) drivers/virtio/virtio_net.c drivers/virtio/virtio_net_receive.c drivers/virtio/virtqueue.c \
	lib/format.c lib/div64.c

PARTITION := drivers/backend/partition_table.c drivers/backend/partition_chain.c drivers/backend/partition_gpt.c \
	lib/crc32.c lib/div64.c
PCI_SCAN := drivers/phys/pci_scan.c drivers/phys/pci_bar.c drivers/phys/pci_capability.c drivers/phys/pci_mcfg.c

# What waits for hardware.
WAITING := tests/unit/fake_stuck_clock.c

# unit_NAME := the sources that test_NAME.c is linked with.
unit_acpi        := arch/acpi.c arch/acpi_ports.c arch/acpi_s5.c
unit_acpi_button :=
unit_acpi_power  :=
unit_ahci        := $(WAITING) tests/unit/fake_heap.c lib/error.c lib/format.c lib/div64.c
unit_ahci_port   := $(WAITING) lib/error.c
unit_ata         := drivers/phys/ata.c
unit_balance     := hv/scheduler.c lib/div64.c
unit_barrier     := arch/speculation.c arch/smt.c lib/format.c lib/div64.c
unit_boot_params := hv/boot_params.c
unit_chacha20    := lib/chacha20.c
unit_checked     :=
unit_clocks      := arch/rtc_convert.c
unit_config      := $(CONFIG) lib/format.c lib/div64.c lib/parse.c
unit_console_keys := tests/unit/console_fixture.c tests/unit/fake_heap.c $(CONSOLE_MUX)
unit_console_mux := tests/unit/console_fixture.c tests/unit/fake_heap.c $(CONSOLE_MUX)
unit_csprng      := drivers/backend/csprng.c lib/chacha20.c
unit_decode      := hv/decode.c hv/decode_cursor.c hv/decode_move.c
unit_decode_objdump := hv/decode.c hv/decode_cursor.c hv/decode_move.c
unit_device_page := tests/unit/fake_guest_memory.c drivers/virtio/device_page.c drivers/virtio/device_page_notify.c \
	drivers/virtio/virtqueue.c lib/format.c lib/div64.c
unit_disk        := $(WAITING) tests/unit/fake_heap.c drivers/phys/disk.c drivers/phys/disk_recover.c \
	drivers/phys/disk_read.c drivers/phys/disk_transfer.c
unit_disk_blocks := $(unit_disk)
unit_disk_trouble := $(unit_disk)
unit_div64       := lib/div64.c
unit_error       := lib/error.c
unit_exception_names := arch/exception_names.c
unit_first_tables := $(NATIVE) mm/first_tables.c mm/guest_tables.c
unit_ethernet_switch := tests/unit/net_frames.c $(ETHERNET)
unit_e1000       := $(WAITING) tests/unit/fake_heap.c lib/error.c
unit_entry_msrs  := arch/entry_msrs.c
unit_entropy_pool := drivers/backend/entropy_pool.c drivers/backend/csprng.c lib/chacha20.c
unit_format      := lib/format.c lib/div64.c
unit_frames      := tests/unit/native/native.c
unit_framebuffer := drivers/phys/text_screen.c drivers/phys/ansi.c
unit_guest_plan  := hv/guest_plan.c $(CONFIG) lib/format.c lib/div64.c lib/parse.c
unit_guest_tables := $(NATIVE) mm/guest_tables.c
unit_guest_window := $(NATIVE) mm/guest_window.c
unit_heap        := $(NATIVE)
unit_ide_channel := $(WAITING) drivers/phys/ata.c lib/error.c lib/format.c lib/div64.c
unit_image       := hv/image.c hv/image_elf.c lib/format.c lib/div64.c
unit_ioapic      :=
unit_irq         := lib/error.c
unit_lapic       := $(WAITING) lib/div64.c
unit_list        :=
unit_madt        := arch/acpi.c arch/acpi_ports.c arch/acpi_s5.c arch/madt.c lib/format.c lib/div64.c
unit_multiboot1  := boot/boot_info.c boot/multiboot1.c boot/multiboot2.c
unit_multiboot2  := $(unit_multiboot1)
unit_net_credit  := drivers/phys/net_credit.c
unit_net_device  := $(NET_DEVICE)
unit_net_offload := tests/unit/net_frames.c $(NET_OFFLOAD)
unit_net_poll    := $(NET_DEVICE)
unit_parse       := lib/parse.c
unit_partition   := $(PARTITION) drivers/backend/partition.c
unit_pci_bus     := $(PCI_BUS)
unit_pci_irq     :=
unit_pci_msi     := drivers/phys/pci_msi.c drivers/phys/pci_capability.c
unit_pci_scan    := $(PCI_SCAN)
unit_pci_transport := $(PCI_BUS)
unit_pci_transport_queue := $(PCI_BUS)
unit_ps2_decoder := drivers/phys/ps2_decoder.c
unit_ps2_keyboard := drivers/phys/ps2_decoder.c
unit_ram_disk    := drivers/backend/ram_disk.c
unit_report      := lib/format.c lib/div64.c
unit_restart     := hv/restart.c
unit_ring        := lib/ring.c
unit_rtc_convert := arch/rtc_convert.c
unit_scheduler   := hv/scheduler.c lib/div64.c
unit_shadow      := $(SHADOW)
unit_shadow_bounds := $(SHADOW)
unit_shadow_fill := $(SHADOW)
unit_shadow_first := $(SHADOW)
unit_shadow_random := $(SHADOW_MODEL)
unit_shadow_space := $(SHADOW)
unit_shadow_stale := $(SHADOW)
unit_shadow_update := $(SHADOW)
unit_speculation := arch/speculation.c arch/smt.c lib/format.c lib/div64.c
unit_string      :=
unit_switch_attacks := tests/unit/net_frames.c $(ETHERNET)
unit_switch_wire := tests/unit/net_frames.c drivers/backend/switch_wire.c $(ETHERNET)
unit_time        := lib/div64.c
unit_time_watch  :=
unit_tsc         :=
unit_tsc_sync    := $(WAITING)
unit_uart16550   :=
unit_vga_text    := drivers/phys/text_screen.c drivers/phys/ansi.c
unit_virtio_blk_pci := tests/unit/fake_heap.c lib/error.c lib/format.c lib/div64.c
unit_virtio_pci  := $(WAITING) drivers/phys/virtio_pci.c drivers/phys/pci_capability.c
unit_volume      := drivers/backend/volume.c
unit_virtio_block := tests/unit/fake_guest_memory.c drivers/virtio/virtio_block.c drivers/virtio/virtqueue.c \
	lib/format.c lib/div64.c
unit_virtio_block_hostile := $(unit_virtio_block)
unit_virtio_console := tests/unit/fake_guest_memory.c drivers/virtio/virtio_console.c drivers/virtio/virtqueue.c \
	lib/format.c lib/div64.c
unit_virtio_entropy := tests/unit/fake_guest_memory.c drivers/virtio/virtio_entropy.c drivers/virtio/virtqueue.c \
	lib/format.c lib/div64.c
unit_virtio_net  := tests/unit/fake_guest_memory.c tests/unit/net_frames.c $(VIRTIO_NET)
unit_virtio_net_pci := tests/unit/fake_heap.c lib/error.c
unit_virtio_net_hostile := $(unit_virtio_net)
unit_virtqueue   := tests/unit/fake_guest_memory.c drivers/virtio/virtqueue.c lib/format.c lib/div64.c
unit_virtqueue_indirect := $(unit_virtqueue)

O ?= build
UNIT_CC ?= gcc
UNIT_CFLAGS := -std=gnu11 -O1 -g -fno-omit-frame-pointer -I. \
	-fsanitize=address,undefined -fno-sanitize-recover=all \
	-Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wvla -Wundef -Werror

UNIT_OUT := $(O)/unit

# The memory floor needs its machine, whose headers stand in for arch/'s, and checks itself.
NATIVE_FLAGS := -Itests/unit/native -DUMBRA_DEBUG=1
NATIVE_SOURCES := mm/%.c tests/unit/native/%.c tests/unit/shadow_%.c tests/unit/test_shadow.c \
	tests/unit/test_shadow_%.c tests/unit/test_first_tables.c tests/unit/test_frames.c \
	tests/unit/test_guest_tables.c tests/unit/test_guest_window.c tests/unit/test_heap.c tests/unit/fake_net_card.c drivers/phys/net_poll.c
$(NATIVE_SOURCES:%.c=$(UNIT_OUT)/%.o): UNIT_CFLAGS := $(NATIVE_FLAGS) $(UNIT_CFLAGS)

UNIT_NAMES := $(sort $(patsubst unit_%,%,$(filter unit_%,$(.VARIABLES))))
UNIT_PROGRAMS := $(UNIT_NAMES:%=$(UNIT_OUT)/test_%)

$(UNIT_OUT)/%.o: %.c
	@mkdir -p $(@D)
	@$(UNIT_CC) $(UNIT_CFLAGS) -MMD -MP -c -o $@ $<

define unit_program
$(UNIT_OUT)/test_$(1): $(patsubst %.c,$(UNIT_OUT)/%.o,tests/unit/test_$(1).c $(unit_$(1)))
	@$(UNIT_CC) $(UNIT_CFLAGS) -o $$@ $$^ -lcmocka
endef
$(foreach name,$(UNIT_NAMES),$(eval $(call unit_program,$(name))))

# For tests/system/test_partitions.py, which asks for it.
$(UNIT_OUT)/read_partitions: $(patsubst %.c,$(UNIT_OUT)/%.o,tests/unit/read_partitions.c $(PARTITION))
	@$(UNIT_CC) $(UNIT_CFLAGS) -o $@ $^

.PHONY: unit
unit: $(UNIT_PROGRAMS)
	@sh tests/unit/run.sh $(UNIT_PROGRAMS)

-include $(shell find $(UNIT_OUT) -name '*.d' 2>/dev/null)
