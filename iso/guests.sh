# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # what seems unused is for those who source this
# What a user says of the guests to boot: the options from -g on, their checks, and the lines of
# their modules. For iso/make-iso and iso/boot-direct, which source it; $program is who complains.

GUEST_USAGE="each GUEST is
  -g NAME   begins a guest: 1 to 15 of a-z, 0-9, '-', '_', '.'
  -k FILE   its kernel
  -i FILE   its initial RAM disk, if it has one
  -d FILE   a disk (vda, the next one vdb, and so on), of a multiple of 512 bytes
  -r FILE   the same, but only to be read
  -m SIZE   its memory, such as 128M
  -x WORDS  more words for the kernel's line, such as \"weight=50 shadow=8M\"
  -a WORDS  the guest's own command line"

stop() {
	echo "${program:?}: $*" >&2
	exit 1
}

need_file() {
	[ -e "$2" ] || stop "$1: there is no file '$2'"
	[ -f "$2" ] || stop "$1: '$2' is not a file"
	[ -r "$2" ] || stop "$1: '$2' cannot be read"
	[ -s "$2" ] || stop "$1: '$2' is empty"
}

# Umbra takes no other, and says so only once it has been started.
need_sectors() {
	[ $(($(stat -L -c %s -- "$2") % 512)) -eq 0 ] ||
		stop "$1: the size of '$2' is no multiple of 512 bytes"
}

# GRUB puts backslashes before quotes and backslashes: what a guest would get is
# not what was asked for.
need_plain() {
	case $2 in
	*[!\ -~]*) stop "$1 must be plain ASCII, in one line" ;;
	*[\"\'\\]*) stop "$1 must hold no quotes and no backslashes, which GRUB changes: $2" ;;
	esac
}

umbra='' umbra_words='console=com1,screen when-idle=poweroff'
names=() kernels=() initrds=() sizes=() extras=() commands=()
last=-1
# Of each disk: the index of its guest, its words, its file.
disk_guests=() disk_roles=() disk_files=()

# add_disk WORDS FILE
add_disk() {
	[ -n "$2" ] || return 0
	disk_guests+=("$last")
	disk_roles+=("$1")
	disk_files+=("$2")
}

need_guest() {
	[ "$last" -ge 0 ] || stop "-$1 belongs behind the -g of its guest"
}

begin_guest() {
	[[ $1 =~ ^[a-z0-9_.-]{1,15}$ ]] ||
		stop "a guest's name is 1 to 15 of a-z, 0-9, '-', '_', '.', unlike '$1'"
	[[ " ${names[*]-} " != *" $1 "* ]] || stop "two guests are called '$1'"
	last=$((last + 1))
	names[last]=$1 kernels[last]='' initrds[last]='' sizes[last]='' extras[last]=''
	commands[last]=''
}

# The options that GUEST_OPTIONS names: take_option LETTER VALUE
GUEST_OPTIONS=u:w:g:k:i:d:r:m:x:a:
take_option() {
	if [[ $1 == [kidrmxa] ]]; then
		need_guest "$1"
	fi
	case $1 in
	u) umbra=$2 ;;
	w) umbra_words=$2 ;;
	g) begin_guest "$2" ;;
	k) kernels[last]=$2 ;;
	i) initrds[last]=$2 ;;
	d) add_disk disk "$2" ;;
	r) add_disk disk=ro "$2" ;;
	m) sizes[last]=$2 ;;
	x) extras[last]=$2 ;;
	a) commands[last]=$2 ;;
	esac
}

check_guests() {
	local i
	need_file Umbra "$umbra"
	need_plain "Umbra's words" "$umbra_words"
	for ((i = 0; i <= last; i++)); do
		[ -n "${kernels[i]}" ] || stop "guest ${names[i]} has no kernel"
		need_file "kernel of guest ${names[i]}" "${kernels[i]}"
		[ -z "${initrds[i]}" ] || need_file "initrd of guest ${names[i]}" "${initrds[i]}"
		[[ ${sizes[i]} =~ ^([1-9][0-9]*[KMG]?)?$ ]] ||
			stop "guest ${names[i]}: a size of memory is like 128M," \
				"unlike '${sizes[i]}'"
		need_plain "the words of guest ${names[i]}" "${extras[i]}"
		need_plain "the command line of guest ${names[i]}" "${commands[i]}"
	done
	for i in ${disk_files[@]+"${!disk_files[@]}"}; do
		need_file "disk of guest ${names[disk_guests[i]]}" "${disk_files[i]}"
		need_sectors "disk of guest ${names[disk_guests[i]]}" "${disk_files[i]}"
	done
}

# A file's own name as far as it is a plain word.
display_name() {
	local name=${1##*/}
	name=${name//[!A-Za-z0-9._-]/_}
	echo "${name:0:40}"
}

# each_module COMMAND: calls COMMAND FILE NAME WORDS for the modules in their order, where NAME is
# one of our own, since what the user's files are called may mean something to a boot loader.
each_module() {
	local i j words
	for ((i = 0; i <= last; i++)); do
		words="guest=${names[i]} kernel${sizes[i]:+ mem=${sizes[i]}} ${extras[i]}"
		"$1" "${kernels[i]}" "${names[i]}-kernel" "$words -- ${commands[i]}"
		[ -z "${initrds[i]}" ] ||
			"$1" "${initrds[i]}" "${names[i]}-initrd" "guest=${names[i]} initrd"
		for j in ${disk_files[@]+"${!disk_files[@]}"}; do
			[ "${disk_guests[j]}" -eq "$i" ] ||
				continue
			"$1" "${disk_files[j]}" "disk$j" "guest=${names[i]} ${disk_roles[j]}"
		done
	done
}
