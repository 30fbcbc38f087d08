# Whole numbers and their digits, of which Nix has neither remainders nor other bases.
let
  inherit (builtins)
    concatStringsSep
    elemAt
    foldl'
    genList
    listToAttrs
    stringLength
    substring
    ;

  alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
  letters = text: genList (at: substring at 1 text) (stringLength text);
  value = listToAttrs (
    genList (n: {
      name = substring n 1 alphabet;
      value = n;
    }) 16
    ++ genList (n: {
      name = elemAt (letters "ABCDEF") n;
      value = 10 + n;
    }) 6
  );
in
rec {
  rest = n: of: n - n / of * of;

  power = base: exponent: foldl' (n: _: n * base) 1 (genList (_: null) exponent);

  # Hexadecimal digits, at most 15 of them: what Nix counts with has 63 bits and a sign.
  fromHex = text: foldl' (n: digit: n * 16 + value.${digit}) 0 (letters text);

  # The last so many digits of a number, in a base of at most 36.
  digits =
    base: many: n:
    concatStringsSep "" (
      genList (at: substring (rest (n / power base (many - 1 - at)) base) 1 alphabet) many
    );

  # Without zeros in front.
  hex = n: if n < 16 then digits 16 1 n else hex (n / 16) + digits 16 1 n;
}
