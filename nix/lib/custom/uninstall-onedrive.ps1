# Uninstalls OneDrive for the machine, where it is there.
$ErrorActionPreference = 'Stop'
Set-StrictMode -Version Latest

foreach ($folder in 'System32', 'SysWOW64') {
    $setup = Join-Path -Path $env:SystemRoot -ChildPath "$folder\OneDriveSetup.exe"
    if (Test-Path -LiteralPath $setup) {
        $process = Start-Process -FilePath $setup -ArgumentList '/uninstall' -Wait -PassThru
        # It ends so where nobody has OneDrive yet, which is as good.
        Write-Output "$setup ended with $($process.ExitCode)"
    }
}
exit 0
