#!/bin/sh
# Unattended by a new ISO: unpack, add the answer file, boot the image that waits for no key.
# Usage: remaster.sh ISO ANSWER WORK
set -eu
7z x -y -bso0 -bsp0 -o"$3/tree" "$1"
cp "$2" "$3/tree/Autounattend.xml"
xorriso -report_about SORRY -as mkisofs -iso-level 3 -J -joliet-long -V REMASTERED \
  -b boot/etfsboot.com -no-emul-boot -boot-load-size 8 \
  -eltorito-alt-boot -e efi/microsoft/boot/efisys_noprompt.bin -no-emul-boot \
  -o "$3/remastered.iso" "$3/tree"
