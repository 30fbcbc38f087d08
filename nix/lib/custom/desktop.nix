# What an account sees.
step:
let
  inherit (step) everyUser registry say;
  current = "Software\\Microsoft\\Windows\\CurrentVersion";
  fonts = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Fonts";
in
{
  withDarkMode = everyUser "Be dark" "${current}\\Themes\\Personalize" {
    AppsUseLightTheme = 0;
    SystemUsesLightTheme = 0;
  };

  # { source, file ? "wallpaper.jpg" }: a picture of the host's, filling the desktop.
  withWallpaper =
    {
      source,
      file ? "wallpaper.jpg",
    }:
    let
      path = "C:\\Windows\\Web\\Wallpaper\\Lucarne\\${file}";
    in
    [
      { file = { inherit path source; }; }
      (everyUser "Set the wallpaper" "Control Panel\\Desktop" {
        Wallpaper = path;
        WallpaperStyle = "10";
        TileWallpaper = "0";
      })
    ];

  # [ { name = "Iosevka (TrueType)"; file = "iosevka.ttf"; source = ./iosevka.ttf; } … ].
  withFonts = builtins.concatMap (
    said:
    let
      font = step.known "desktop.withFonts" [
        "name"
        "file"
        "source"
      ] said;
    in
    [
      {
        name = "Copy a font";
        file = {
          path = "C:\\Windows\\Fonts\\${font.file}";
          inherit (font) source;
        };
      }
      (registry "Register a font" fonts { ${font.name} = font.file; })
    ]
  );

  # { pins ? [ ] }: what Windows 11 pins to the start menu, as its policy "Configure start pins" has
  # it: { desktopAppLink = "…"; } or { packagedAppId = "…"; }. The two keys are where that policy
  # lies in the registry.
  withStartMenu =
    {
      pins ? [ ],
    }:
    let
      policy = "HKLM\\SOFTWARE\\Microsoft\\PolicyManager";
      ConfigureStartPins =
        if builtins.isList pins && builtins.all builtins.isAttrs pins then
          builtins.toJSON { pinnedList = pins; }
        else
          say "desktop.withStartMenu" "`pins` is no list of attribute sets";
    in
    [
      (registry "Pin to the start menu" "${policy}\\current\\device\\Start" {
        inherit ConfigureStartPins;
      })
      (registry "Keep the pins"
        "${policy}\\providers\\B5292708-1619-419B-9923-E5D9F3925E71\\default\\Device\\Start"
        {
          inherit ConfigureStartPins;
          ConfigureStartPins_LastWrite = 1;
        }
      )
    ];
}
