# Sets the address of the interface of virtio.
param(
    [Parameter(Mandatory)] [string] $Address,
    [Parameter(Mandatory)] [string] $Mask,
    [Parameter(Mandatory)] [string] $Gateway,
    [Parameter(ValueFromRemainingArguments)] [string[]] $DnsServers
)
$ErrorActionPreference = 'Stop'
Set-StrictMode -Version Latest

# At a start Windows may still be looking for its devices.
$deadline = (Get-Date).AddMinutes(2)
do {
    $adapter = Get-NetAdapter -Physical | Where-Object InterfaceDescription -Like '*VirtIO*' |
        Sort-Object -Property ifIndex | Select-Object -First 1
    if ($adapter) { break }
    Start-Sleep -Seconds 2
} while ((Get-Date) -lt $deadline)
if (-not $adapter) {
    throw 'there is no interface of virtio'
}

function Invoke-Netsh {
    & netsh.exe interface ipv4 @args
    if ($LASTEXITCODE -ne 0) { throw "netsh ended with $LASTEXITCODE" }
}

$name = "name=$($adapter.ifIndex)"
Invoke-Netsh set address $name source=static "address=$Address" "mask=$Mask" "gateway=$Gateway"
Invoke-Netsh delete dnsservers $name address=all
foreach ($server in $DnsServers) {
    Invoke-Netsh add dnsservers $name "address=$server" validate=no
}
