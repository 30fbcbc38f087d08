# The machine-id that a guest's system has in its file, whoever writes that, or null where nothing
# does. `guest` is its configuration.
{ guest, lib }:
let
  text = guest.environment.etc.machine-id.text or null;
in
# As systemd calls folders by it.
if text == null then null else lib.toLower (lib.removeSuffix "\n" text)
