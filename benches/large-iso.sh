#!/bin/sh
# An ISO of 6 GB with the files of a stand-in: a UDF bridge with a BIOS and a UEFI entry.
# Usage: large-iso.sh STANDIN WORK OUT
set -eu
tree=$2/tree
7z x -y -bso0 -bsp0 -o"$tree" "$1"
# Most of a real one is its install.wim. What follows a WIM's end is read by nobody.
head --bytes=3600M /dev/urandom >>"$tree/sources/install.wim"
head --bytes=2200M /dev/urandom >"$tree/sources/noise.bin"
# Copies apart from the files that the file system names, as on a real ISO.
cp "$tree/boot/etfsboot.com" "$tree/boot-bios.img"
cp "$tree/efi/microsoft/boot/efisys.bin" "$tree/boot-efi.img"
genisoimage -quiet -input-charset utf-8 -udf -allow-limited-size -iso-level 3 -V LARGE -o "$3" \
  -c boot.catalog -b boot-bios.img -no-emul-boot -boot-load-size 8 \
  -eltorito-alt-boot -b boot-efi.img -no-emul-boot -boot-load-size 1 "$tree"
rm -r "$tree"
# genisoimage knows no platform for the second entry: the section header's second byte.
sector=$(od --address-radix=n --format=u4 --skip-bytes=$((17 * 2048 + 71)) --read-bytes=4 "$3")
printf '\357' | dd of="$3" bs=1 seek=$((sector * 2048 + 65)) conv=notrunc status=none
