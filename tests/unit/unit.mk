# SPDX-License-Identifier: GPL-2.0-only
# Unit tests: native programs on cmocka with sanitizers.  `make unit` builds
# and runs them all.  To add one: write tests/unit/test_NAME.c and add a line
# to the table.  O is the output directory; the top Makefile includes this.

CONSOLE_MUX := drivers/console/console_mux.c drivers/console/console_endpoint.c \
	drivers/console/console_focus.c drivers/console/console_lines.c \
	drivers/console/console_output.c drivers/console/console_keys.c \
	drivers/console/console_panel.c \
	drivers/console/console_line.c drivers/console/console_history.c lib/ansi.c lib/ring.c \
	lib/format.c lib/div64.c

# What runs on the machine of tests/unit/native/, and the guest of the shadow tables' tests.
NATIVE := tests/unit/native/native.c mm/frames.c mm/heap.c
SHADOW := $(NATIVE) tests/unit/shadow_guest.c mm/initial_tables.c mm/guest_tables.c \
	mm/guest_window.c mm/guest_share.c mm/shadow_additions.c mm/shadow_audit.c \
	mm/shadow_budget.c mm/shadow_fault.c mm/shadow_follow.c mm/shadow_initial.c \
	mm/shadow_leaf.c mm/shadow_middle.c mm/shadow_space.c mm/shadow_update.c mm/shadow_view.c
SHADOW_MODEL := $(SHADOW) tests/unit/shadow_model.c tests/unit/shadow_model_start.c \
	tests/unit/shadow_model_steps.c
VPCI_BUS := tests/unit/fake_guest_memory.c drivers/virtio/vpci_bus.c drivers/virtio/vpci_device.c \
	drivers/virtio/vpci_config.c drivers/virtio/virtqueue.c lib/format.c lib/div64.c
CONFIG := hv/config/config.c hv/config/config_line.c hv/config/config_umbra.c \
	hv/config/config_guest.c hv/config/config_module.c hv/config/config_command.c \
	hv/config/trace_words.c
GUEST_CONFIG := hv/config/guest_config.c hv/config/guest_config_create.c hv/config/guest_mac.c \
	$(CONFIG)
# What waits for hardware.
WAITING := tests/unit/fake_stuck_clock.c
NET_DEVICE := $(WAITING) tests/unit/fake_net_card.c drivers/net/net_device.c \
	drivers/net/net_poll.c drivers/net/net_recover.c drivers/net/net_send.c \
	drivers/net/net_credit.c drivers/pci/irq_watch.c lib/format.c lib/div64.c
NET_OFFLOAD := drivers/net/net_offload.c drivers/net/net_headers.c drivers/net/net_segment.c
ETHERNET := $(NET_OFFLOAD) drivers/net/ethernet_switch.c drivers/net/frame_cutter.c \
	drivers/net/switch_queue.c tests/unit/fake_heap.c
VIRTIO_NET := $(ETHERNET) drivers/virtio/net_alias.c drivers/virtio/virtio_net.c \
	drivers/virtio/virtio_net_receive.c \
	drivers/virtio/virtqueue.c lib/format.c lib/div64.c

PARTITION := drivers/block/partition_table.c drivers/block/partition_entry.c \
	drivers/block/partition_chain.c drivers/block/partition_gpt.c lib/crc32.c lib/div64.c
PCI_SCAN := drivers/pci/pci_scan.c drivers/pci/pci_bar.c drivers/pci/pci_capability.c \
	drivers/pci/pci_mcfg.c

DECODE := hv/emulate/decode_privileged.c hv/emulate/decode_cursor.c hv/emulate/decode_move.c

# unit_NAME := the sources that test_NAME.c is linked with.
unit_acpi        := arch/board/acpi.c arch/board/acpi_ports.c arch/board/acpi_s5.c
unit_acpi_button :=
unit_acpi_power  := $(WAITING)
unit_ahci        := $(WAITING) tests/unit/fake_heap.c lib/error.c lib/format.c lib/div64.c
unit_ahci_port   := $(WAITING) lib/error.c
unit_ap_start    := $(WAITING)
unit_ata         := drivers/block/ata.c
unit_balance     := hv/sched/scheduler.c lib/div64.c
unit_barrier     := arch/cpu/speculation.c arch/cpu/smt.c lib/format.c lib/div64.c
unit_boot_params := hv/load/boot_params.c
unit_chacha20    := lib/chacha20.c
unit_checked     :=
unit_clock_watch :=
unit_clocks      := arch/board/rtc_convert.c
unit_compiler    :=
unit_config      := $(CONFIG) lib/format.c lib/div64.c lib/parse.c
unit_console_keys := tests/unit/console_fixture.c tests/unit/fake_heap.c $(CONSOLE_MUX)
unit_console_mux := tests/unit/console_fixture.c tests/unit/fake_heap.c $(CONSOLE_MUX)
unit_console_panel := tests/unit/console_fixture.c tests/unit/fake_heap.c $(CONSOLE_MUX)
unit_csprng      := lib/csprng.c lib/chacha20.c
unit_decode      := $(DECODE)
unit_decode_objdump := $(DECODE)
unit_device_page := tests/unit/fake_guest_memory.c drivers/virtio/device_page.c \
	drivers/virtio/device_page_notify.c drivers/virtio/virtqueue.c lib/format.c lib/div64.c
unit_device_timer := arch/board/device_timer.c
unit_disk        := $(WAITING) tests/unit/fake_heap.c drivers/block/disk.c \
	drivers/block/disk_port.c drivers/block/disk_recover.c drivers/block/disk_read.c \
	drivers/block/disk_transfer.c drivers/pci/irq_watch.c
unit_disk_blocks := $(unit_disk)
unit_disk_trouble := $(unit_disk)
unit_div64       := lib/div64.c
unit_error       := lib/error.c
unit_exception_names := arch/cpu/exception_names.c
unit_initial_tables := $(NATIVE) mm/initial_tables.c mm/guest_tables.c
unit_ethernet_switch := tests/unit/net_frames.c $(ETHERNET)
unit_e1000       := $(WAITING) tests/unit/fake_heap.c lib/error.c
unit_entry_msrs  := arch/cpu/entry_msrs.c
unit_entropy_pool := lib/entropy_pool.c lib/csprng.c lib/chacha20.c
unit_format      := lib/format.c lib/div64.c
unit_frames      := tests/unit/native/native.c
unit_framebuffer := drivers/console/text_screen.c lib/ansi.c
unit_gdb_packet  := hv/gdb/gdb_packet.c hv/gdb/gdb_text.c lib/format.c lib/div64.c
unit_guest_config := $(GUEST_CONFIG) lib/format.c lib/div64.c lib/parse.c
unit_guest_tables := $(NATIVE) mm/guest_tables.c
unit_guest_share := $(NATIVE) mm/guest_window.c mm/guest_share.c
unit_guest_window := $(NATIVE) mm/guest_window.c mm/guest_share.c
unit_heap        := $(NATIVE)
unit_ide_channel := $(WAITING) drivers/block/ata.c lib/error.c lib/format.c lib/div64.c
unit_image       := hv/load/image_parse.c hv/load/image_elf.c lib/format.c lib/div64.c
unit_ioapic      :=
unit_irq         := lib/error.c
unit_irq_watch   := drivers/pci/irq_watch.c
unit_lapic       := $(WAITING) lib/div64.c
unit_list        :=
unit_madt        := arch/board/acpi.c arch/board/acpi_ports.c arch/board/acpi_s5.c \
	arch/board/madt.c lib/format.c lib/div64.c
unit_multiboot1  := boot/boot_info.c boot/multiboot1.c boot/multiboot2.c
unit_multiboot2  := $(unit_multiboot1)
unit_net_credit  := drivers/net/net_credit.c
unit_net_device  := $(NET_DEVICE)
unit_net_offload := tests/unit/net_frames.c $(NET_OFFLOAD)
unit_net_poll    := $(NET_DEVICE)
unit_parse       := lib/parse.c
unit_partition   := $(PARTITION) drivers/block/partition.c
unit_vpci_bus     := $(VPCI_BUS)
unit_pci_irq     :=
unit_pci_msi     := drivers/pci/pci_msi.c drivers/pci/pci_capability.c
unit_pci_scan    := $(PCI_SCAN)
unit_vpci_device := $(VPCI_BUS)
unit_vpci_device_queue := $(VPCI_BUS)
unit_ps2_decoder := drivers/console/ps2_decoder.c
unit_ps2_keyboard := drivers/console/ps2_decoder.c
unit_ram_disk    := drivers/block/ram_disk.c
unit_rates       := hv/console/rates.c lib/div64.c
unit_report      := lib/format.c lib/div64.c
unit_restart_delay :=
unit_ring        := lib/ring.c
unit_rtc_convert := arch/board/rtc_convert.c
unit_scheduler   := hv/sched/scheduler.c lib/div64.c
unit_shadow      := $(SHADOW)
unit_shadow_additions := $(SHADOW)
unit_shadow_bounds := $(SHADOW)
unit_shadow_fill := $(SHADOW)
unit_shadow_initial := $(SHADOW)
unit_shadow_middle := $(SHADOW)
unit_shadow_random := $(SHADOW_MODEL)
unit_shadow_space := $(SHADOW)
unit_shadow_stale := $(SHADOW)
unit_shadow_told := $(SHADOW)
unit_shadow_update := $(SHADOW)
unit_shadow_view := $(SHADOW)
unit_speculation := arch/cpu/speculation.c arch/cpu/smt.c lib/format.c lib/div64.c
unit_string      :=
unit_switch_attacks := tests/unit/net_frames.c $(ETHERNET)
unit_switch_wire := tests/unit/net_frames.c drivers/net/switch_wire.c $(ETHERNET)
unit_time        := lib/div64.c
unit_trace_ring  := lib/trace_ring.c
unit_trace_words := hv/config/trace_words.c lib/format.c lib/div64.c
unit_tsc         :=
unit_tsc_sync    := $(WAITING)
unit_uart16550   :=
unit_vga_text    := drivers/console/text_screen.c lib/ansi.c
unit_virtio_blk_pci := tests/unit/fake_heap.c lib/error.c lib/format.c lib/div64.c
unit_virtio_pci  := $(WAITING) drivers/pci/virtio_pci.c drivers/pci/pci_capability.c
unit_volume      := drivers/block/volume.c
unit_virtio_block := tests/unit/fake_guest_memory.c drivers/virtio/virtio_block.c \
	drivers/virtio/virtqueue.c lib/format.c lib/div64.c
unit_virtio_block_hostile := $(unit_virtio_block)
unit_virtio_console := tests/unit/fake_guest_memory.c drivers/virtio/virtio_console.c \
	drivers/virtio/virtqueue.c lib/format.c lib/div64.c
unit_virtio_entropy := tests/unit/fake_guest_memory.c drivers/virtio/virtio_entropy.c \
	drivers/virtio/virtqueue.c lib/format.c lib/div64.c
unit_virtio_net  := tests/unit/fake_guest_memory.c tests/unit/net_frames.c $(VIRTIO_NET)
unit_virtio_net_pci := tests/unit/fake_heap.c lib/error.c
unit_virtio_net_hostile := $(unit_virtio_net)
unit_virtqueue   := tests/unit/fake_guest_memory.c drivers/virtio/virtqueue.c lib/format.c \
	lib/div64.c
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
	tests/unit/test_shadow_%.c tests/unit/test_initial_tables.c tests/unit/test_frames.c \
	tests/unit/test_guest_tables.c tests/unit/test_guest_window.c tests/unit/test_heap.c \
	tests/unit/test_guest_share.c \
	arch/board/device_timer.c tests/unit/test_device_timer.c tests/unit/fake_net_card.c \
	drivers/net/net_poll.c
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
READ_PARTITIONS := tests/unit/read_partitions.c $(PARTITION)
$(UNIT_OUT)/read_partitions: $(READ_PARTITIONS:%.c=$(UNIT_OUT)/%.o)
	@$(UNIT_CC) $(UNIT_CFLAGS) -o $@ $^

.PHONY: unit
unit: $(UNIT_PROGRAMS)
	@sh tests/unit/run.sh $(UNIT_PROGRAMS)

-include $(shell find $(UNIT_OUT) -name '*.d' 2>/dev/null)
