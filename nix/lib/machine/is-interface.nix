# Whether Linux can call a network interface so, in letters that every tool takes.
text:
builtins.match "[a-zA-Z0-9._-]{1,15}" text != null && text != "." && text != ".."
