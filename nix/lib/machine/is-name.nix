# Whether a value is the name of a machine (src/instance/plan has the same rule).
value: builtins.isString value && builtins.match "[a-z0-9][a-z0-9-]{0,39}" value != null
