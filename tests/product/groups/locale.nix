# Language, formats, keyboards and the clock's zone.
{
  locale = {
    ui = "en-US";
    system = "de-DE";
    user = "de-AT";
    input = "0407:00000407;0409:00000409";
  };
  timeZone = "Europe/Vienna";
}
