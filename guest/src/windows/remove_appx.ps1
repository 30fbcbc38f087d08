# Removes app packages, provisioned ones and those of each account, whose names are in a file, one
# a line, `*` for any characters. One that is not there is as good.
param([Parameter(Mandatory = $true)] [string] $File)
$ErrorActionPreference = 'Stop'
$names = @(Get-Content -LiteralPath $File -Encoding UTF8 | Where-Object { $_ })
$wrong = 0
function Test-Named([string] $Name) { @($names | Where-Object { $Name -like $_ }).Count -gt 0 }
# Provisioned ones first: an account that logs on meanwhile would get them again.
foreach ($package in @(Get-AppxProvisionedPackage -Online | Where-Object { Test-Named $_.DisplayName })) {
    Write-Output "provisioned: $($package.DisplayName)"
    try { Remove-AppxProvisionedPackage -Online -PackageName $package.PackageName | Out-Null }
    catch { Write-Output $_.Exception.Message; $wrong++ }
}
foreach ($package in @(Get-AppxPackage -AllUsers | Where-Object { Test-Named $_.Name })) {
    # Parts of Windows cannot be removed.
    if ($package.NonRemovable) { Write-Output "a part of Windows: $($package.Name)"; continue }
    Write-Output "installed: $($package.Name)"
    try { Remove-AppxPackage -AllUsers -Package $package.PackageFullName }
    catch { Write-Output $_.Exception.Message; $wrong++ }
}
exit $wrong
