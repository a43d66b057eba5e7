# SPDX-License-Identifier: GPL-2.0-only
# The rooms of Umbra, lowest first (docs/architecture.md): what is in one uses its own
# room and lower ones.  For the other scripts here: awk -f rooms.awk -f one-of-them.

BEGIN {
	# Rooms on one line stand side by side: neither includes the other.
	level("lib")
	level("arch/cpu")
	level("arch/board")
	level("mm")
	level("drivers/pci")
	level("drivers/console drivers/block drivers/net")
	level("drivers/virtio")
	level("hv/config")
	level("hv/load")
	level("hv/sched")
	level("hv/guest")
	level("hv/debug")
	level("hv/devices")
	level("hv/hypercall hv/life")
	level("hv/emulate")
	level("hv/trace")
	level("hv/run")
	level("hv/console")
	level("hv/gdb")
	level("boot")
}

function level(names, list, count, i) {
	levels++
	count = split(names, list, " ")
	for (i = 1; i <= count; i++) {
		floor[list[i]] = levels
		ordered[++rooms_count] = list[i]
	}
}

# The folder that a file is in.
function room(path) {
	sub(/\/[^\/]*$/, "", path)
	return path
}

function top(path, parts) {
	split(path, parts, "/")
	return parts[1]
}

# May what is in the room `from` use what is in the room `to`?
function may_use(from, to) {
	return to == from || (to in floor && from in floor && floor[to] < floor[from])
}
