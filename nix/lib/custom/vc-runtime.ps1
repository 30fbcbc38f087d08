# Whether a runtime of Visual C++ is there, of a version or a later one. The values are those that
# Microsoft's page "Redistributing Visual C++ files" names.
param(
    [Parameter(Mandatory)] [string] $Key,
    [Parameter(Mandatory)] [version] $Version
)
$ErrorActionPreference = 'Stop'
Set-StrictMode -Version Latest

if (-not (Test-Path -LiteralPath $Key)) {
    exit 1
}
$runtime = Get-ItemProperty -LiteralPath $Key
$found = [version] "$($runtime.Major).$($runtime.Minor).$($runtime.Bld)"
if ($runtime.Installed -ne 1 -or $found -lt $Version) {
    exit 1
}
