{
  kind = "server";
  iso = "SW_DVD9_Win_Server_STD_CORE_2019_64Bit_English.iso";
  image.edition = "Windows Server 2019 SERVERDATACENTER";
}
