# Every type and every field that a partition of a GPT disk can have.
{
  disk = {
    sizeMib = 122880;
    partitions = [
      {
        type = "efi";
        sizeMib = 512;
        label = "ESP";
      }
      {
        type = "msr";
        sizeMib = 16;
      }
      {
        type = "windows";
        sizeMib = 81920;
        label = "Winzig & Söhne";
      }
      {
        type = "recovery";
        sizeMib = 1024;
      }
      {
        type = "data";
        sizeMib = 1024;
        format = "fat32";
        label = "EXCHANGE";
        letter = "E";
      }
      {
        type = "data";
        letter = "P";
        label = "Projects";
        format = "ntfs";
      }
    ];
  };
}
