# The usual one.
{ }
