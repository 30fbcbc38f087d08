#!/bin/sh
# What an ISO holds, by unpacking what tells. Usage: editions.sh ISO WORK
set -eu
7z e -y -bso0 -bsp0 -o"$2" "$1" sources/install.wim
wimlib-imagex info "$2/install.wim"
rm -r "$2"
