# When systemd starts a service again by itself (`Restart=`, systemd.service(5)).
[
  "no"
  "on-success"
  "on-failure"
  "on-abnormal"
  "on-watchdog"
  "on-abort"
  "always"
]
