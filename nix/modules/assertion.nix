# An assertion as NixOS has them: what is wrong at an option, and what to do about it.
place:
{
  holds,
  at ? "",
  what,
  hint,
}:
{
  assertion = holds;
  message = "${if at == "" then place else "${place}.${at}"}: ${what}\n  hint: ${hint}";
}
