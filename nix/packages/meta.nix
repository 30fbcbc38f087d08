# What both packages say of themselves.
{ description, mainProgram }:
{
  inherit description mainProgram;
  license = [
    {
      shortName = "mit";
      spdxId = "MIT";
      fullName = "MIT License";
      free = true;
      redistributable = true;
    }
    {
      shortName = "asl20";
      spdxId = "Apache-2.0";
      fullName = "Apache License 2.0";
      free = true;
      redistributable = true;
    }
  ];
  platforms = [ "x86_64-linux" ];
}
