#!/bin/sh
# Unattended by a FAT volume: unpack, add the answer file, copy all of it. Usage: fat.sh ISO ANSWER WORK
set -eu
7z x -y -bso0 -bsp0 -o"$3/tree" "$1"
cp "$2" "$3/tree/Autounattend.xml"
mib=$(du --summarize --block-size=1M "$3/tree" | cut -f1)
truncate --size="$((mib + 256))M" "$3/fat.img"
mkfs.fat -F 32 "$3/fat.img" >/dev/null
mcopy -s -i "$3/fat.img" "$3"/tree/* ::
