# SPDX-License-Identifier: GPL-2.0-only
#
# Builds, runs and tests Umbra.  `make help` lists the targets.

# Settings of one's own (compiler, defaults of `make run`) go here; not in git.
-include config.mk

DEBUG    ?= 0
O        ?= $(if $(filter 1,$(DEBUG)),build-debug,build)
PYTHON   ?= /usr/bin/python3
V        ?= 0
Q        := $(if $(filter 1,$(V)),,@)

# The bare-metal compiler is preferred; Debian's Linux one does, freestanding.
CROSS    ?= $(if $(shell command -v i686-elf-gcc 2>/dev/null),i686-elf-,i686-linux-gnu-)
CC32     := $(CROSS)gcc
LD32     := $(CROSS)ld
NM32     := $(CROSS)nm
OBJCOPY32 := $(CROSS)objcopy
OBJDUMP32 := $(CROSS)objdump
NASM     ?= nasm

# The font of the frame buffer console.
FONT     ?= /usr/share/consolefonts/Unifont-APL8x16.psf.gz

VERSION  := $(shell git describe --always --dirty 2>/dev/null || echo unknown)

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wvla -Wundef -Wframe-larger-than=1536 -Werror
CFLAGS32 := -std=gnu11 -ffreestanding -m32 -march=i686 -O2 -g -fno-pic -fno-pie \
            -fno-strict-aliasing -fno-delete-null-pointer-checks -fno-stack-protector \
            -fno-asynchronous-unwind-tables -fcf-protection=none $(WARNINGS) -I. -I$(O)
# No indirect branch that a guest could train the predictor for: arch/cpu/thunks.asm replaces them.
RETPOLINE := -mindirect-branch=thunk-extern -mindirect-branch-register -fno-jump-tables
CFLAGS   := $(CFLAGS32) -mregparm=3 -mgeneral-regs-only -fno-omit-frame-pointer $(RETPOLINE) \
            -DUMBRA_DEBUG=$(DEBUG)
ASFLAGS  := -f elf32 -g -F dwarf -Werror -I$(O)/ -I./
LDFLAGS  := -m elf_i386 -nostdlib -static -z max-page-size=4096 -z noexecstack \
            --no-warn-rwx-segments

# The folders are the floors of the architecture, lowest first (docs/architecture.md).
SOURCES  := $(sort $(wildcard lib/*.c arch/*/*.c mm/*.c drivers/*/*.c hv/*.c hv/*/*.c boot/*.c))
ASM      := $(sort $(wildcard arch/*/*.asm boot/*.asm))
GUEST_SOURCES := $(sort $(wildcard guest/*/*.c))
UNIT_SOURCES := $(sort $(wildcard tests/unit/*.c))
FUZZ_SOURCES := $(sort $(wildcard tests/fuzz/*.c))
OBJECTS  := $(SOURCES:%.c=$(O)/%.o) $(ASM:%.asm=$(O)/%.asm.o)
KERNEL_ELF := $(O)/umbra.elf

all: $(KERNEL_ELF) guests

## make                 build the hypervisor and its guests into build/
## make DEBUG=1         the same with every invariant asserted, into build-debug/
## make deps            install the Debian packages that building, running and testing need
include guest/guest.mk
include iso/iso.mk
include guest/linux/linux.mk
include tests/tests.mk

## make compdb          write compile_commands.json, for editors
## make clean           remove build/ and build-debug/
## V=1 shows the commands; O=folder builds elsewhere; config.mk can hold settings of your own
help:
	@sed -n 's/^## //p' iso/iso.mk guest/linux/linux.mk guest/linux/usertest/usertest.mk \
		guest/linux/selftests/selftests.mk guest/linux/debian/debian.mk \
		guest/linux/bench/bench.mk tests/tests.mk tests/fuzz/fuzz.mk tests/bench/bench.mk \
		tests/bochs/bochs.mk tests/lint/lint.mk Makefile

deps:
	$(Q)iso/deps.sh build run test

# --- the hypervisor -------------------------------------------------------

# The Makefile holds the flags: an object that is older was perhaps made with others.
$(O)/%.o: %.c Makefile | $(O)/version.h
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC32) $(CFLAGS) -MMD -MP -c -o $@ $<

# What NASM says of a file's address ranges and of its unit do not agree where there
# are several sections, of which gdb complains; it does without the former.
$(O)/%.asm.o: %.asm $(O)/offsets.inc
	@mkdir -p $(@D)
	@echo "  NASM    $<"
	$(Q)$(NASM) $(ASFLAGS) -MD $(@:.o=.d) -MP -MT $@ -o $@ $<
	$(Q)$(OBJCOPY32) -R .debug_aranges -R .rel.debug_aranges $@

# Structure offsets and constants for the assembler come from the C headers, so
# that no number stands twice.  The last line: a tree that was built when the source
# stood elsewhere builds again, as it does without a header that is gone (-MP).
$(O)/offsets.inc: arch/cpu/offsets.c.in
	@mkdir -p $(@D)
	$(Q)$(CC32) $(CFLAGS) -MMD -MP -MT $@ -MF $@.d -x c -S -o $(O)/offsets.s $<
	$(Q)sed -n 's/^.*->\([A-Z0-9_]*\) \$$\(.*\)<-.*$$/%define \1 \2/p' $(O)/offsets.s > $@
	$(Q)echo '$<:' >> $@.d

# The glyphs stay in the package that they come from until this is built.
$(O)/font_glyphs.inc: drivers/console/font.awk
	@[ -r "$(FONT)" ] || \
		{ echo "make: there is no font $(FONT); 'make deps' installs it" >&2; exit 1; }
	@mkdir -p $(@D)
	$(Q)gzip -dc "$(FONT)" | od -An -v -tu1 | awk -f drivers/console/font.awk > $@.new
	$(Q)mv $@.new $@

$(O)/drivers/console/font.o: $(O)/font_glyphs.inc

# Rewritten only when the version changes.
$(O)/version.h: FORCE
	@command -v $(CC32) > /dev/null || \
		{ echo "make: there is no $(CC32); 'make deps' installs it" >&2; exit 1; }
	@mkdir -p $(@D)
	@echo '#define UMBRA_VERSION "$(VERSION)"' > $@.new
	@cmp -s $@ $@.new && rm $@.new || mv $@.new $@

# $(call check_switcher,image,prefix of scratch files): do the lists of the Switcher say what is
# in it?  The address is SWITCHER_CODE of arch/cpu/layout.h.
check_switcher = $(NM32) $(1) > $(2).nm && \
	for part in switcher switcher_own; do \
		$(OBJCOPY32) -O binary --set-section-flags .switcher_own=alloc \
			--only-section=.$$part $(1) $(2).bin && \
		od -An -v -w4 -tx4 --endian=little $(2).bin > $(2).$$part || exit; \
	done && \
	$(OBJDUMP32) -D -j .switcher $(1) > $(2).lst && \
	awk -v page=ffe00000 -f arch/cpu/switcher_check.awk $(2).nm $(2).switcher \
		$(2).switcher_own $(2).lst

# Linked twice: the first pass tells the addresses that the symbol table of the
# second one holds.  The table lies behind the text, so they do not move.
$(KERNEL_ELF): $(OBJECTS) linker.ld arch/cpu/symbols.awk arch/cpu/branches.awk \
		arch/cpu/switcher_check.awk
	@echo "  LD      $@"
	$(Q)awk -f arch/cpu/symbols.awk < /dev/null > $(O)/symbols.asm
	$(Q)$(NASM) -f elf32 -o $(O)/symbols.o $(O)/symbols.asm
	$(Q)$(LD32) $(LDFLAGS) -T linker.ld -o $(O)/umbra.pass1 $(OBJECTS) $(O)/symbols.o
	$(Q)$(NM32) -n $(O)/umbra.pass1 | awk -f arch/cpu/symbols.awk > $(O)/symbols.asm
	$(Q)$(NASM) -f elf32 -o $(O)/symbols.o $(O)/symbols.asm
	$(Q)$(LD32) $(LDFLAGS) -T linker.ld -o $@ $(OBJECTS) $(O)/symbols.o
	$(Q)$(OBJDUMP32) -d --no-show-raw-insn -j .text -j .switcher $@ | \
		awk -f arch/cpu/branches.awk
	$(Q)$(call check_switcher,$@,$(O)/switcher)

# --- for editors ----------------------------------------------------------

# $(call compile_entries,files,compiler and flags)
compile_entries = $(foreach file,$(1),{"directory": "$(CURDIR)", "file": "$(file)", \
	"command": "$(2) -c $(file)"}$(comma)$(newline))
comma   := ,
define newline :=


endef

# The last entry stands apart for its missing comma.
add_entries = $(file >> compile_commands.json,$(call compile_entries,$(1),$(2)))
compdb: $(O)/version.h
	$(file > compile_commands.json,[)
	$(call add_entries,$(filter-out boot/main.c,$(SOURCES)),$(CC32) $(CFLAGS))
	$(call add_entries,$(GUEST_SOURCES),$(CC32) $(GUEST_CFLAGS))
	$(call add_entries,$(UNIT_SOURCES),$(UNIT_CC) $(UNIT_CFLAGS))
	$(call add_entries,$(FUZZ_SOURCES),$(FUZZ_CC) $(FUZZ_CFLAGS))
	$(file >> compile_commands.json,{"directory": "$(CURDIR)"$(comma) \
	"file": "boot/main.c"$(comma) "command": "$(CC32) $(CFLAGS) -c boot/main.c"}])
	@echo "  GEN     compile_commands.json"

clean:
	rm -rf build build-debug compile_commands.json

# A compiler that fails half way leaves nothing that looks finished.
.DELETE_ON_ERROR:

FORCE:
.PHONY: all help deps compdb clean FORCE
-include $(OBJECTS:.o=.d) $(O)/offsets.inc.d
