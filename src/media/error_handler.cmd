@echo off
rem Windows Setup runs this as SYSTEM from C:\Windows\Setup\Scripts when a pass fails.
rem The redirection stands first: behind an event it would take its last digit for a handle.
rem An empty line goes first: what the firmware or a program wrote may have no end of line.
>COM1 echo.
>COM1 echo {{ event }}
exit /b 0
