#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Installs the Debian packages that a set of targets needs and that are not
# there yet; says what it installs, and does nothing when nothing is missing.
# What counts is the program or file, not the package, so that whoever has
# another distribution, or an own compiler, is left in peace.
# Usage: deps.sh build|run|test|bench|bochs|linux|debian|debug|lint...   Called by the Makefile.

# set, package, what shows that it is there (`|` separates alternatives).
table() {
	cat <<-EOF
	build gcc-i686-linux-gnu i686-elf-gcc|i686-linux-gnu-gcc
	build nasm nasm
	build mawk awk
	build psf-unifont /usr/share/consolefonts/Unifont-APL8x16.psf.gz
	run qemu-system-x86 qemu-system-i386
	run grub-common grub-mkrescue
	run grub-pc-bin /usr/lib/grub/i386-pc/multiboot2.mod
	run grub-efi-amd64-bin /usr/lib/grub/x86_64-efi/multiboot2.mod
	run grub-efi-ia32-bin /usr/lib/grub/i386-efi/multiboot2.mod
	run xorriso xorriso
	run mtools mformat
	test gcc gcc
	test libc6-dev /usr/include/stdio.h
	test libcmocka-dev /usr/include/cmocka.h
	test clang clang
	test libclang-rt-dev $(clang_runtime)
	test python3 /usr/bin/python3
	test python3-pytest /usr/lib/python3/dist-packages/pytest
	test python3-pexpect /usr/lib/python3/dist-packages/pexpect
	test python3-pytest-xdist /usr/lib/python3/dist-packages/xdist
	test babeltrace2 babeltrace2
	test e2fsprogs mke2fs|/sbin/mke2fs
	test fdisk sfdisk|/usr/sbin/sfdisk
	test ovmf /usr/share/OVMF/OVMF_CODE_4M.fd
	test ovmf-ia32 /usr/share/OVMF/OVMF32_CODE_4M.secboot.fd
	test gdb gdb
	bench gnuplot-nox gnuplot
	bochs bochs bochs
	bochs bochs-term /usr/lib/$(uname -m)-linux-gnu/bochs/plugins/libbx_term_gui.so.0.0.0
	bochs bochsbios /usr/share/bochs/BIOS-bochs-latest
	bochs vgabios /usr/share/vgabios/vgabios.bin
	linux gcc-i686-linux-gnu i686-linux-gnu-gcc
	linux linux-source-${LINUX:-6.1} /usr/src/linux-source-${LINUX:-6.1}.tar.xz
	linux gcc gcc
	linux libc6-dev /usr/include/stdio.h
	linux libc6-dev-i386-cross /usr/i686-linux-gnu/include/stdio.h
	linux bc bc
	linux bison bison
	linux flex flex
	linux kmod depmod|/sbin/depmod
	linux patch patch
	linux lz4 lz4
	linux perl perl
	linux xz-utils xz
	usertest gcc-i686-linux-gnu i686-linux-gnu-gcc
	usertest libc6-dev-i386-cross /usr/i686-linux-gnu/include/stdio.h
	full squashfs-tools mksquashfs
	debian mmdebstrap mmdebstrap
	debian arch-test arch-test
	debian fakeroot fakeroot
	debian e2fsprogs mke2fs|/usr/sbin/mke2fs
	debian uidmap $(user_mapping)
	debian debian-archive-keyring /usr/share/keyrings/debian-archive-keyring.gpg
	debug gdb gdb-multiarch|gdb
	lint clang-tidy clang-tidy
	lint sparse sparse
	lint shellcheck shellcheck
	lint libc6-dev-i386-cross /usr/i686-linux-gnu/include/stdio.h
	EOF
}

# The library of libFuzzer that belongs to the clang which is there.
clang_runtime() {
	if command -v clang >/dev/null; then
		clang -print-file-name="libclang_rt.fuzzer-$(uname -m).a"
	else
		echo none
	fi
}

# Root needs no help to make files of other users.
user_mapping() {
	if [ "$(id -u)" -eq 0 ]; then
		echo true
	else
		echo newuidmap
	fi
}

is_there() {
	case $1 in
	/*) [ -e "$1" ] ;;
	*) command -v "$1" >/dev/null ;;
	esac
}

missing_of() {
	table | while read -r set package signs; do
		[ "$set" = "$1" ] || continue
		found=no
		for sign in $(echo "$signs" | tr '|' ' '); do
			if is_there "$sign"; then
				found=yes
			fi
		done
		[ "$found" = yes ] || echo "$package"
	done
}

stop() {
	echo "deps: $*" >&2
	exit 1
}

missing=$(for set in "$@"; do missing_of "$set"; done | tr '\n' ' ')
missing=${missing% }
[ -n "$missing" ] || exit 0

echo "deps: missing: $missing"
command -v apt-get >/dev/null || stop "there is no apt-get here; install these yourself"
if [ "$(id -u)" -eq 0 ]; then
	sudo=
elif command -v sudo >/dev/null; then
	sudo=sudo
else
	stop "neither root nor sudo; as root: apt-get install $missing"
fi

apt() {
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@"
}

# Old lists may do, and so may a machine with its packages on a disk.
apt update || echo "deps: the package lists could not be renewed; trying with what is there"
# shellcheck disable=SC2086 # one word for each package
apt install -y --no-install-recommends $missing || stop "apt-get could not install $missing"
