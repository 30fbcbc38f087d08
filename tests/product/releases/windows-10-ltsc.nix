{
  kind = "client";
  iso = "SW_DVD9_WIN_ENT_LTSC_2021_64BIT_English.iso";
  # The only one that there is.
  image = { };
}
