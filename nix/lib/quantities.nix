# Sizes and numbers as the earlier system wrote them: texts. say -> { size, number }.
say: {
  # "80G" in MiB.
  size =
    at: text:
    let
      units = {
        M = 1;
        G = 1024;
        T = 1024 * 1024;
      };
      parts = builtins.match "([1-9][0-9]{0,8})([MGT])" text;
    in
    if builtins.isString text && parts != null then
      builtins.fromJSON (builtins.elemAt parts 0) * units.${builtins.elemAt parts 1}
    else
      say at "is no size such as \"80G\"";

  number =
    at: value:
    if builtins.isInt value then
      value
    else if builtins.isString value && builtins.match "[1-9][0-9]{0,8}" value != null then
      builtins.fromJSON value
    else
      say at "is no number such as \"4\"";
}
