#!/bin/sh
# Makes a small signed boot program, and the certificates that signed it. See README.md.
set -eu
out=$(realpath "$1")
cd "$(mktemp -d)"
name() { printf '/O=Lucarne tests/CN=%s' "$1"; }
ca() { # FILE NAME ISSUER
    openssl req -new -newkey rsa:2048 -nodes -keyout "$1.key" -subj "$(name "$2")" -out "$1.csr" 2>/dev/null
    printf 'basicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\n' > "$1.ext"
    openssl x509 -req -in "$1.csr" -sha256 -days 36500 -extfile "$1.ext" -out "$1.pem" \
        $(if [ -n "$3" ]; then echo "-CA $3.pem -CAkey $3.key"; else echo "-signkey $1.key"; fi) 2>/dev/null
    openssl x509 -in "$1.pem" -outform DER -out "$out/$1.der"
}
ca root "Test root" ""
ca ca-2023 "Test loader CA 2023" root
ca ca-2011 "Test loader CA 2011" root
ca leaf "Test loader" ca-2023
rm "$out/root.der"
python3 - <<'P'
import struct
dos = b'MZ' + bytes(58) + struct.pack('<I', 64)
coff = b'PE\0\0' + struct.pack('<HHIIIHH', 0x8664, 1, 0, 0, 0, 240, 0x22)
optional = struct.pack('<HBBIIIII', 0x20b, 1, 0, 512, 0, 0, 4096, 4096)
optional += struct.pack('<QIIHHHHHHIIIIHHQQQQII', 0x10000000, 4096, 512, 0, 0, 0, 0, 0, 0, 0,
                        8192, 512, 0, 10, 0, 0, 0, 0, 0, 0, 16) + bytes(128)
section = b'.text\0\0\0' + struct.pack('<IIIIIIHHI', 512, 4096, 512, 512, 0, 0, 0, 0, 0x60000020)
header = (dos + coff + optional + section).ljust(512, b'\0')
open('program.efi', 'wb').write(header + b'\x31\xc0\xc3'.ljust(512, b'\xcc'))
P
$SBSIGN --key leaf.key --cert leaf.pem --addcert ca-2023.pem --output "$out/signed.efi" program.efi
