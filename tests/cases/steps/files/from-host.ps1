Write-Output "from a file"
