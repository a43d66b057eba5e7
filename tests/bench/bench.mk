# SPDX-License-Identifier: GPL-2.0-only
# `make bench`: the benchmark guest against the committed figures. Included by
# tests/tests.mk.

## make bench           what things cost, in instructions, against the committed figures
##                      (UPDATE=1 writes the figures down), and in pictures, build/bench.html
.PHONY: bench
bench: $(KERNEL_ELF) $(patsubst %,$(O)/guest/%.elf,bench bench_c net demo worker)
	$(Q)iso/deps.sh bench
	$(Q)$(PYTHON) tests/bench/bench.py $(O) --qemu $(QEMU) --objcopy $(OBJCOPY32) \
		$(if $(UPDATE),--update)
