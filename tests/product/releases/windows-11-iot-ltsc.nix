{
  kind = "client";
  iso = "windows_11_iot_enterprise_ltsc_2024_x64.iso";
  image.edition = "IoTEnterpriseS";
}
