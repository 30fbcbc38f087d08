{
  kind = "server";
  iso = "SW_DVD9_Win_Server_STD_CORE_2016_64Bit_English.iso";
  image.edition = "Windows Server 2016 Standard (Desktop Experience)";
}
