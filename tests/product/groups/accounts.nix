# Who there is: the owner, local accounts, and the domain's. A domain is here and not with the
# network, for it excludes the workgroup there.
{
  owner = {
    name = "Ada";
    organization = "Analytical Engines & Co. <Ltd>";
  };
  users = {
    ada = {
      password = "correct horse";
      displayName = "Ada Lovelace";
      description = "Writes programs";
      groups = [
        "Administrators"
        "Remote Desktop Users"
      ];
    };
    charles = { };
  };
  administrator.password = "battery staple";
  # What `djoin /provision /printblob` would write.
  domain.offlineJoin = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj9AQUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpbXF1eX2BhYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ent8fX5/ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj9AQUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpbXF1eX2BhYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ent8fX5/";
}
