{ firmware.type = "bios"; }
