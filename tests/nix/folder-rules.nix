# Rules of rules.nix that are about folders: those of data disks, and those that are shared.
{
  office,
  two,
  withShares,
}:
let
  disk = path: {
    dataDisk = {
      sizeGiB = 1;
      inherit path;
    };
  };
  share = path: {
    image = withShares;
    shares.documents.path = path;
  };
in
{
  relative-disk = {
    says = "office.dataDisk.path: is no absolute path";
    wrong = office (disk "data.qcow2");
    right = office (disk "/srv/office/data.qcow2");
  };
  # Its folder lies nowhere yet, and in nobody's way.
  relative-disk-beside-another = {
    says = "a.dataDisk.path: is no absolute path";
    wrong = two (disk "data.qcow2") (disk "/srv/b/data.qcow2");
    right = two (disk "/srv/a/data.qcow2") (disk "/srv/b/data.qcow2");
  };
  relative-disk-beside-a-share = {
    says = "office.dataDisk.path: is no absolute path";
    wrong = office (share "/srv/documents" // disk "data.qcow2");
    right = office (share "/srv/documents" // disk "/srv/data/data.qcow2");
  };
  relative-share-beside-a-disk = {
    says = "office.shares: the path of one of them is not absolute, or not written plainly";
    wrong = office (share "." // disk "/srv/office/data.qcow2");
    right = office (share "/srv/documents" // disk "/srv/office/data.qcow2");
  };
  odd-disk = {
    says = "office.dataDisk.path: `/srv/a:b/data.qcow2` is not written plainly";
    wrong = office (disk "/srv/a:b/data.qcow2");
    right = office (disk "/srv/a b/..data.qcow2");
  };
  # Whatever is not systemd's syntax may be in it.
  quoted-disk = {
    says = "office.dataDisk.path: `/srv/it's/data.qcow2` is not written plainly";
    wrong = office (disk "/srv/it's/data.qcow2");
    right = office (disk "/srv/$a;%n`#ü/data.qcow2");
  };
  disk-with-a-backslash = {
    says = "office.dataDisk.path: `/srv/a\\b/data.qcow2` is not written plainly";
    wrong = office (disk "/srv/a\\b/data.qcow2");
    right = office (disk "/srv/a/b/data.qcow2");
  };
  disk-of-two-lines = {
    says = "is not written plainly";
    wrong = office (disk "/srv/a\nb/data.qcow2");
    right = office (disk "/srv/a b/data.qcow2");
  };
  quoted-share = {
    says = "office.shares: the path of one of them is not absolute, or not written plainly";
    wrong = office (share "/srv/\"documents\"");
    right = office (share "/srv/[documents]");
  };
  disk-with-dots = {
    says = "office.dataDisk.path: `/srv/a/../b/data.qcow2` is not written plainly";
    wrong = office (disk "/srv/a/../b/data.qcow2");
    right = office (disk "/srv/b/data.qcow2");
  };
  disk-of-a-folder = {
    says = "office.dataDisk.path: `/srv/x/` is not written plainly";
    wrong = office (disk "/srv/x/");
    right = office (disk "/srv/x/y");
  };
  disk-in-the-root = {
    says = "office.dataDisk.path: lies in `/`, which can be no machine's own";
    wrong = office (disk "/data.qcow2");
    right = office (disk "/srv/data/data.qcow2");
  };
  disk-in-a-part-of-the-host = {
    says = "office.dataDisk.path: `/srv` lies in `/`, as parts of the host do";
    wrong = office (disk "/srv/data.qcow2");
    right = office (disk "/srv/data/data.qcow2");
  };
  disk-that-is-thrown-away = {
    says = "office.dataDisk.path: lies in `/var/tmp`, where no file stays";
    wrong = office (disk "/var/tmp/office/data.qcow2");
    right = office (disk "/var/tmpfiles/office/data.qcow2");
  };
  disk-in-the-store = {
    says = "office.dataDisk.path: lies in the store";
    wrong = office (disk "/nix/store/office/data.qcow2");
    right = office (disk "/nix/stores/office/data.qcow2");
  };
  disk-in-its-own-state-folder = {
    says = "office.dataDisk.path: lies in `/var/lib/lucarne/office`, the machine's state folder";
    wrong = office (disk "/var/lib/lucarne/office/data.qcow2");
    right = office (disk "/var/lib/lucarne/offices/data.qcow2");
  };
  # Whose user is made up as well.
  disk-in-another-service-s-folder = {
    says = "office.dataDisk.path: lies in `/var/lib/private`, where systemd has services' own";
    wrong = office (disk "/var/lib/private/diary/data.qcow2");
    right = office (disk "/var/lib/diary/data.qcow2");
  };
  disk-above-state-folders = {
    says = "a.dataDisk.path: `/var/lib/lucarne` holds the machine's state folder, `/var/lib/lucarne/a`";
    wrong = two (disk "/var/lib/lucarne/data.qcow2") { };
    right = two (disk "/var/lib/lucarnes/data.qcow2") { };
  };
  disk-above-its-own-state-folder = {
    says = "office.dataDisk.path: `/var/lib` holds the machine's state folder";
    wrong = office (disk "/var/lib/data.qcow2");
    right = office (disk "/var/lib/data/data.qcow2");
  };
  disk-below-a-state-folder = {
    says = "a.dataDisk.path: the state of `b` lies in `/var/lib/lucarne/b`, and one of the folders";
    wrong = two (disk "/var/lib/lucarne/b/disk/data.qcow2") { };
    right = two (disk "/var/lib/lucarne/c/disk/data.qcow2") { };
  };
  disk-in-a-cache = {
    says = "office.dataDisk.path: lies in `/var/cache`, where no file stays";
    wrong = office (disk "/var/cache/disks/office/data.qcow2");
    right = office (disk "/var/caches/disks/office/data.qcow2");
  };
  disk-in-its-cache-folder = {
    says = "office.dataDisk.path: lies in `/var/cache`, where no file stays";
    wrong = office (disk "/var/cache/lucarne/office/disk/data.qcow2");
    right = office (disk "/var/lib/disks/office/data.qcow2");
  };
  disk-in-a-share = {
    says = "office.shares: one of them and the folder of the data disk lie in one another";
    wrong = office (share "/srv/office" // disk "/srv/office/disk/data.qcow2");
    right = office (share "/srv/office" // disk "/srv/office-disk/data.qcow2");
  };
  share-in-the-folder-of-a-disk = {
    says = "office.shares: one of them and the folder of the data disk lie in one another";
    wrong = office (share "/srv/office/documents" // disk "/srv/office/data.qcow2");
    right = office (share "/srv/documents" // disk "/srv/office/data.qcow2");
  };
  # Without a disk elsewhere too.
  share-of-its-own-state = {
    says = "office.shares: one of them and a folder of the machine's own, such as its state, lie in";
    wrong = office (share "/var/lib/lucarne/office");
    right = office (share "/var/lib/lucarne/offices");
  };
  share-of-its-own-state-where-it-lies = {
    says = "office.shares: one of them and a folder of the machine's own";
    wrong = office (share "/var/lib/private/lucarne/office/tpm");
    right = office (share "/var/lib/private/diary");
  };
  share-of-its-own-cache = {
    says = "office.shares: one of them and a folder of the machine's own";
    wrong = office (share "/var/cache/lucarne/office/overlay");
    right = office (share "/var/cache/man");
  };
  share-above-its-sockets = {
    says = "office.shares: one of them and a folder of the machine's own";
    wrong = office (share "/run");
    right = office (share "/run/media");
  };
  odd-share = {
    says = "office.shares: the path of one of them is not absolute, or not written plainly";
    wrong = office (share "/srv:/etc");
    right = office (share "/srv");
  };
  relative-share = {
    says = "office.shares: the path of one of them is not absolute, or not written plainly";
    wrong = office (share "documents");
    right = office (share "/documents");
  };
  share-that-is-root-s = {
    says = "office.shares: one of them lies in `/root`, where only root gets";
    wrong = office (share "/root");
    right = office (share "/roots");
  };
  disk-of-root = {
    says = "office.dataDisk.path: lies in `/root`, where only root gets";
    wrong = office (disk "/root/office/data.qcow2");
    right = office (disk "/rooted/office/data.qcow2");
  };
  share-of-root = {
    says = "office.shares: one of them lies in `/root`, where only root gets";
    wrong = office (share "/root/documents");
    right = office (share "/srv/documents");
  };
  one-disk = {
    says = "b.dataDisk.path: the data disk of `a` lies in `/srv/data` too";
    wrong = two (disk "/srv/data/a.qcow2") (disk "/srv/data/b.qcow2");
    right = two (disk "/srv/data/a/data.qcow2") (disk "/srv/data/b/data.qcow2");
  };
  disk-below-a-disk = {
    says = "b.dataDisk.path: the data disk of `a` lies in `/srv/x`, and one of the folders";
    wrong = two (disk "/srv/x/data.qcow2") (disk "/srv/x/b/data.qcow2");
    right = two (disk "/srv/x/data.qcow2") (disk "/srv/xb/data.qcow2");
  };
  disk-above-a-disk = {
    says = "b.dataDisk.path: the data disk of `a` lies in `/srv/x/a`, and one of the folders";
    wrong = two (disk "/srv/x/a/data.qcow2") (disk "/srv/x/data.qcow2");
    right = two (disk "/srv/x/a/data.qcow2") (disk "/srv/x/b/data.qcow2");
  };
  disk-in-a-state-folder = {
    says = "b.dataDisk.path: the state of `a` lies in `/var/lib/lucarne/a` too";
    wrong = two { } (disk "/var/lib/lucarne/a/data.qcow2");
    right = two { } (disk "/var/lib/lucarne/b-disk/data.qcow2");
  };
  disk-in-a-private-state-folder = {
    says = "a.dataDisk.path: lies in `/var/lib/private`, where systemd has services' own folders";
    wrong = two (disk "/var/lib/private/lucarne/b/disks/data.qcow2") { };
    right = two (disk "/var/lib/privates/disks/data.qcow2") { };
  };
}
