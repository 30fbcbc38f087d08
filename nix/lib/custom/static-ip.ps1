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

# netsh's exit code says little, as where there was no server to delete, and its words are in
# Windows' language: what came of it decides, and they are told where nothing did.
$said = @()
function Invoke-Netsh {
    $script:said += @(& netsh.exe interface ipv4 @args)
}

$name = "name=$($adapter.ifIndex)"
Invoke-Netsh set address $name source=static "address=$Address" "mask=$Mask" "gateway=$Gateway"
Invoke-Netsh delete dnsservers $name address=all
foreach ($server in $DnsServers) {
    Invoke-Netsh add dnsservers $name "address=$server" validate=no
}

# What the adapter lacks of what it was told. Without a link Windows shows no gateway.
function Get-Lack {
    $of = @{ InterfaceIndex = $adapter.ifIndex; ErrorAction = 'SilentlyContinue' }
    $addresses = @(Get-NetIPAddress @of -AddressFamily IPv4 | ForEach-Object IPAddress)
    $routes = @(Get-NetRoute @of -DestinationPrefix '0.0.0.0/0' | ForEach-Object NextHop)
    $servers = @(Get-DnsClientServerAddress @of -AddressFamily IPv4 |
            ForEach-Object ServerAddresses)
    $up = @(Get-NetAdapter @of | Where-Object Status -EQ 'Up')
    if ($addresses -notcontains $Address) { "the address $Address" }
    if ($up -and $routes -notcontains $Gateway) { "the gateway $Gateway" }
    foreach ($server in $DnsServers) {
        if ($servers -notcontains $server) { "the name server $server" }
    }
}

# It may take a moment until Windows shows it.
$deadline = (Get-Date).AddSeconds(30)
while (($lack = @(Get-Lack)) -and (Get-Date) -lt $deadline) {
    Start-Sleep -Milliseconds 500
}
if ($lack) {
    throw "the interface has not $($lack -join ', '); netsh says: $($said -join ' ')"
}
