# Sizes and numbers as the earlier system wrote them, as texts: each by whether a value is one, what
# it is, and the words for one that is none.
{
  # "80G" in MiB.
  size =
    let
      units = {
        M = 1;
        G = 1024;
        T = 1024 * 1024;
      };
      partsOf = builtins.match "([1-9][0-9]{0,8})([MGT])";
    in
    {
      is = value: builtins.isString value && partsOf value != null;
      of =
        text:
        let
          parts = partsOf text;
        in
        builtins.fromJSON (builtins.elemAt parts 0) * units.${builtins.elemAt parts 1};
      what = "is no size such as \"80G\"";
      hint = "write a number and `M`, `G` or `T` right behind it, in quotation marks";
    };

  number = {
    is =
      value:
      builtins.isInt value && value > 0
      || builtins.isString value && builtins.match "[1-9][0-9]{0,8}" value != null;
    of = value: if builtins.isInt value then value else builtins.fromJSON value;
    what = "is no number such as \"4\"";
    hint = "write its digits alone";
  };
}
