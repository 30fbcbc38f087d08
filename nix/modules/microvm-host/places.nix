# Where on the host a guest's hypervisor opens something: what the confines bind, and what is judged of it.
{
  # The guest's `config.microvm`.
  microvm,
  # Its own folder.
  folder,
  # Other folders that it writes to.
  paths ? [ ],
}:
let
  inherit (builtins)
    attrValues
    filter
    head
    map
    match
    ;
  inherit (import ../../lib/paths.nix) fromRoot isIn;

  isRead = it: it.readOnly or false;
  isWritten = it: !isRead it;
  isDevice = isIn "/dev";
  folderOf =
    path:
    let
      above = head (match "(.*)/[^/]*" path);
    in
    if above == "" then "/" else above;

  images = map (volume: volume // { path = fromRoot folder volume.image; }) microvm.volumes;
  files = filter (image: !isDevice image.path) images;
  pathsOf = map (it: it.path);
  sockets = if microvm.socket == null then [ ] else [ (fromRoot folder microvm.socket) ];
  # Others are virtiofsd's business, which is a unit of its own.
  shares = filter (share: share.proto == "9p") microvm.shares;
  sourcesOf = wanted: map (share: share.source) (filter wanted shares);
  elsewhere = filter (path: !isIn folder path);
in
{
  # Of all volumes: { path, readOnly, … }.
  inherit images;
  devices = filter (image: isDevice image.path) images;
  # Folders, for an image is made beside those that are there.
  writable = elsewhere (
    paths ++ map folderOf (pathsOf (filter isWritten files) ++ sockets) ++ sourcesOf isWritten
  );
  readable = sourcesOf isRead ++ map toString (attrValues (microvm.credentialFiles or { }));
  # Images that are only read. In its own folder it writes what it likes.
  seen = elsewhere (pathsOf (filter isRead files));
}
