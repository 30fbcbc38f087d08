# Whether a text can be one part of a name in a network (RFC 1123, 2.1).
text:
builtins.match "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?" text != null
&& builtins.stringLength text <= 63
