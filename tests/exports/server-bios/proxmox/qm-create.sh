#!/bin/sh
# Makes a machine of the image on a host of Proxmox', run where disk.qcow2 lies:
#
#   sh qm-create.sh VMID STORAGE
#
# The system disk is kept: a machine that is thrown away is a linked clone of a template
# (`qm template`, `qm clone`).
# What Windows is told at each start (docs/guest.md) is the CD of ide2. Edit config.json,
#
#   xorriso -as mkisofs -J -graft-points -o config.iso machine.json=config.json
#
# upload it, and: qm set VMID --ide2 STORAGE:iso/config.iso,media=cdrom
# Nobody takes the CD out again: every account of Windows can read it, and passwords on it.
set -eu
vmid=${1:?VMID}
storage=${2:?STORAGE}
disk=$PWD/disk.qcow2
if [ ! -f "$disk" ]; then
  echo "there is no disk.qcow2: run this where the export lies" >&2
  exit 1
fi
case $disk in
  *,* | *'
'*)
    echo "\`qm\` takes no path with a comma or a line end: move $disk" >&2
    exit 1
    ;;
esac
exec qm create "$vmid" \
  --agent "enabled=1" \
  --balloon "0" \
  --bios "seabios" \
  --boot "order=virtio0" \
  --cores "2" \
  --cpu "x86-64-v2-AES" \
  --ide2 "none,media=cdrom" \
  --localtime "0" \
  --machine "q35" \
  --memory "2048" \
  --name "server-2019-core" \
  --net0 "virtio,bridge=vmbr0" \
  --numa "0" \
  --ostype "win10" \
  --scsihw "virtio-scsi-pci" \
  --serial0 "socket" \
  --smbios1 "uuid=49d23a3d-1ca1-88ce-916f-cf1c01a72792" \
  --sockets "1" \
  --startup "down=300" \
  --tablet "1" \
  --vga "std" \
  --virtio0 "$storage:0,import-from=$disk,discard=on" \
  --virtio1 "$storage:64,discard=on,serial=lucarne-data"
