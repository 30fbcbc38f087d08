# Whether a runtime of .NET is there, of a version or a later one of the same line. Each has a folder
# of its own by its version; Microsoft's page "How to check that .NET is already installed" says so.
param(
    [Parameter(Mandatory)] [string] $Folder,
    [Parameter(Mandatory)] [version] $Version
)
$ErrorActionPreference = 'Stop'
Set-StrictMode -Version Latest

if (-not (Test-Path -LiteralPath $Folder)) {
    exit 1
}
foreach ($one in Get-ChildItem -LiteralPath $Folder -Directory) {
    # A preview's name is no version.
    $found = $one.Name -as [version]
    $isOfLine = $found -and $found.Major -eq $Version.Major -and $found.Minor -eq $Version.Minor
    if ($isOfLine -and $found -ge $Version) {
        exit 0
    }
}
exit 1
