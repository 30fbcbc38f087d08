#!/bin/sh
# What an ISO holds, by unpacking what tells. Usage: editions.sh ISO WORK
set -eu
7z l -ba "$1" >"$2.list"
7z e -y -bso0 -bsp0 -o"$2" "$1" sources/install.wim
wiminfo "$2/install.wim"
rm -r "$2" "$2.list"
