# What a value is, for messages: what src/spec/words.rs calls it.
value:
{
  bool = "a boolean";
  float = "a float";
  int = "an integer";
  lambda = "a function";
  list = "a list";
  null = "null";
  path = "a path";
  set = "an attribute set";
  string = "a string";
}
.${builtins.typeOf value}
