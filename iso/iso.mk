# SPDX-License-Identifier: GPL-2.0-only
# Boot images, and the machine of QEMU's that they boot in. Included by the top
# Makefile, which sets $(O) and the tools; offers $(ISO), and `make iso`,
# `make run`, `make debug`.

# The user's own guest. Given on the command line, the text is taken as it is.
KERNEL   ?=
INITRD   ?=
APPEND   ?=
DISK     ?=
GUEST    ?= linux
MEM      ?= 128M
GUEST_WORDS ?=
# Umbra's own words.
WORDS    ?= console=com1,screen when-idle=poweroff
# The physical machine.
HOSTMEM  ?= 512M
SMP      ?= 1
ACCEL    ?= tcg
QEMU     ?= qemu-system-i386
QEMU_NIC ?= none
QEMU_EXTRA ?=

# Through the environment these reach the shell whole, whatever characters they hold.
verbatim = $(if $(filter command environment,$(origin $(1))),$(value $(1)),$($(1)))
export UMBRA_KERNEL := $(call verbatim,KERNEL)
export UMBRA_INITRD := $(call verbatim,INITRD)
export UMBRA_APPEND := $(call verbatim,APPEND)
export UMBRA_WORDS  := $(call verbatim,WORDS)
export UMBRA_GUEST   := $(call verbatim,GUEST)
export UMBRA_MEM    := $(call verbatim,MEM)
export UMBRA_DISK   := $(call verbatim,DISK)
export UMBRA_GUEST_WORDS := $(call verbatim,GUEST_WORDS)

# How it is booted: from an image by GRUB (grub), or by QEMU's own loader (direct).
BOOT     ?= grub

DEMO     := $(O)/guest/demo.elf
DEMO_ISO := $(O)/umbra.iso
OWN_ISO  := $(O)/guest.iso
ISO      := $(if $(UMBRA_KERNEL),$(OWN_ISO),$(DEMO_ISO))

# As many jobs as there are CPUs, unless make was told a number.
PARALLEL = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

DEMO_GUESTS = -g alpha -k $(DEMO) -m 16M -a 'name=alpha' -g beta -k $(DEMO) -m 16M -a 'name=beta'
OWN_GUEST = -g "$$UMBRA_GUEST" -k "$$UMBRA_KERNEL" -i "$$UMBRA_INITRD" -d "$$UMBRA_DISK" \
	-m "$$UMBRA_MEM" -x "$$UMBRA_GUEST_WORDS" -a "$$UMBRA_APPEND"
ISO_GUESTS = $(if $(UMBRA_KERNEL),$(OWN_GUEST),$(DEMO_GUESTS))

QEMU_FLAGS = -accel $(ACCEL) -m $(HOSTMEM) -smp $(SMP) -display none -nic $(QEMU_NIC) -boot d

# With BOOT=direct no image is made: what to make, of an image and of what is on it.
to_boot = $(if $(filter direct,$(BOOT)),$(KERNEL_ELF) $(2),$(1))

# $(call say_boot,IMAGE) and then $(call boot,IMAGE,GUESTS,QEMU OPTIONS): GUESTS are what make-iso
# has for its guests.  The terminal is the serial line and QEMU's monitor.
say_boot = @echo "  QEMU    $(strip $(call to_boot,$(1)))" \
	" (Ctrl-] ? lists Umbra's keys, Ctrl-A x leaves QEMU)"
boot = $(if $(filter direct,$(BOOT)),iso/boot-direct -u $(KERNEL_ELF) -w "$$UMBRA_WORDS" $(2) --) \
	$(QEMU) $(QEMU_FLAGS) -serial mon:stdio $(if $(filter direct,$(BOOT)),,-cdrom $(1)) \
	$(3) $(QEMU_EXTRA)

# Rewritten only when Umbra's words change.
$(O)/words: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' "$$UMBRA_WORDS" > $@.new
	@cmp -s $@ $@.new && rm $@.new || mv $@.new $@

$(DEMO_ISO): $(KERNEL_ELF) $(DEMO) iso/make-iso iso/guests.sh iso/grub.cfg $(O)/words
	@echo "  ISO     $@"
	$(Q)iso/make-iso -o $@ -u $(KERNEL_ELF) -w "$$UMBRA_WORDS" \
		$(DEMO_GUESTS)

# Made anew each time: what it is made of is not under make's eyes.
$(OWN_ISO): $(KERNEL_ELF) FORCE
	@echo "  ISO     $@"
	$(Q)iso/make-iso -o $@ -u $(KERNEL_ELF) -w "$$UMBRA_WORDS" \
		$(OWN_GUEST)

# What cannot work is said before anything is installed or built.
.PHONY: settings boot-settings
settings: boot-settings
	@[ -z "$$UMBRA_INITRD$$UMBRA_DISK$$UMBRA_APPEND$$UMBRA_GUEST_WORDS" ] || \
		[ -n "$$UMBRA_KERNEL" ] || \
		{ echo "make: INITRD, DISK, APPEND and GUEST_WORDS need a KERNEL" >&2; exit 1; }

boot-settings:
	@case '$(BOOT)' in grub|direct) ;; *) \
		echo "make: BOOT is grub or direct, not '$(BOOT)'" >&2; exit 1 ;; esac
	@printf '%s\n' "$$UMBRA_MEM" | grep -qxE '([1-9][0-9]*[KMG]?)?' || \
		{ echo "make: MEM is like 128M, not '$$UMBRA_MEM'" >&2; exit 1; }
	@for file in "$$UMBRA_KERNEL" "$$UMBRA_INITRD" "$$UMBRA_DISK"; do \
		[ -z "$$file" ] || [ -f "$$file" ] || \
		{ echo "make: there is no file '$$file'" >&2; exit 1; }; done

## make run             boot the demo guests in QEMU; the terminal is the serial line,
##                      Ctrl-] ? lists Umbra's keys, Ctrl-A x leaves QEMU
## make run KERNEL=f [INITRD=f] [DISK=f] [MEM=128M] [APPEND="console=hvc0 ..."] [GUEST=linux]
##                      the same with a Linux guest of your own; what it writes to the disk
##                      is lost with the machine
##     GUEST_WORDS="weight=50 net=none"                    more words for the guest's line
##     SMP=n HOSTMEM=512M ACCEL=tcg QEMU_EXTRA="..."    the machine of QEMU's
##     WORDS="console=com1,screen when-idle=poweroff"      Umbra's own words
##     BOOT=direct          QEMU loads Umbra itself, without an image and GRUB
.PHONY: run
run: settings
	$(Q)iso/deps.sh build run
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) $(call to_boot,$(ISO),$(DEMO))
	$(call say_boot,$(ISO))
	$(Q)$(call boot,$(ISO),$(ISO_GUESTS))

## make iso             the boot image alone, for a CD or a USB stick, BIOS and UEFI;
##                      with KERNEL= and so on as above
.PHONY: iso
iso: settings
	$(Q)iso/deps.sh build run
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) $(ISO)
	@echo "$(ISO) is ready"

# gdb starts QEMU itself and talks to it through a pipe, so that no port can be taken.
# The serial line is a socket: whatever Umbra says is in the log too.
DEBUG_SOCKET = socket,id=com1,path=$(O)/debug.sock,server=on,wait=off,logfile=$(O)/debug.log
DEBUG_SERIAL = -chardev $(DEBUG_SOCKET) -serial chardev:com1

## make debug           QEMU stopped at its first instruction, and gdb attached to it,
##                      with KERNEL= and so on as above; better with DEBUG=1
.PHONY: debug
debug: settings
	$(Q)iso/deps.sh build run debug
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) $(ISO)
	@rm -f $(O)/debug.sock $(O)/debug.log
	@echo "The serial line is $(O)/debug.sock, and its log $(O)/debug.log."
	$(Q)bash -m iso/debug.sh $(KERNEL_ELF) '$(QEMU) $(QEMU_FLAGS) -S -gdb stdio \
		$(DEBUG_SERIAL) -cdrom $(ISO) $(QEMU_EXTRA)'

# What is debugged: a kernel of the user's, Linux with symbols, or the demo guests.
GDB_CONFIG  := guest/linux/config/gdb.config
GDB_SCRIPT  ?=
GDB_LINUX   = $(if $(UMBRA_KERNEL),,$(filter linux,$(GUEST)))
GDB_GUESTS  = $(if $(GDB_LINUX),-g linux -k $(LINUX_IMAGE) -i $(LINUX_INITRD) -m "$$UMBRA_MEM" \
	-x "$$UMBRA_GUEST_WORDS" -a "console=hvc0 $$UMBRA_APPEND",$(ISO_GUESTS))
GDB_SYMBOLS = $(or $(SYMBOLS),$(UMBRA_KERNEL),$(if $(GDB_LINUX),$(LINUX_OBJECTS)/vmlinux,$(DEMO)))

## make gdb-guest       the demo guests (GUEST=alpha), Linux 6.1 (GUEST=linux) or KERNEL= in QEMU,
##                      and gdb attached to that guest, with its symbols (docs/debugging.md)
##     SYMBOLS=vmlinux      those of KERNEL=, if it is a bzImage
##     GDB_SCRIPT=file      gdb carries out these commands and ends
.PHONY: gdb-guest gdb-guest-start
gdb-guest: settings
	$(Q)iso/deps.sh build run debug
	$(Q)$(MAKE) --no-print-directory $(if $(GDB_LINUX),LINUX_CONFIG=$(GDB_CONFIG)) \
		gdb-guest-start

gdb-guest-start: $(KERNEL_ELF)
	$(Q)$(MAKE) --no-print-directory $(if $(GDB_LINUX),linux,$(DEMO))
	$(Q)GDB_SCRIPT='$(GDB_SCRIPT)' bash -m iso/gdb-guest.sh $(O) $(GUEST) $(GDB_SYMBOLS) \
		iso/boot-direct -u $(KERNEL_ELF) -w "console=com1 gdb=com2 $$UMBRA_WORDS" \
		$(GDB_GUESTS) -- $(QEMU) $(QEMU_FLAGS)
