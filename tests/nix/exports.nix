# What evaluation must give of exports, and of what stands in the place of an image: checks as those
# of eval.nix, by name.
{ windows, minimal }:
let
  inherit (windows) export;
  layer = minimal.addLayer {
    name = "more";
    steps = [ { directory.path = ''C:\more''; } ];
  };
  raw = export.raw minimal { };
  # A folder with a manifest, and where it is in the store.
  literal = ../machines;
  stored = builtins.unsafeDiscardStringContext "${literal}";
  imageOf = image: (export.raw image { }).drvAttrs.image;
  builds = format: image: (builtins.tryEval (export.${format} image { }).drvPath).success;
  long = builtins.concatStringsSep "" (builtins.genList (_: "x") 180);
  on =
    bus:
    minimal.override {
      disk = { inherit bus; };
      virtioWinIso = null;
    };
in
import ./image-places.nix { inherit windows minimal; }
// {
  export-derivation = {
    got = {
      inherit (raw.drvAttrs)
        __structuredAttrs
        allowSubstitutes
        args
        format
        name
        outputChecks
        ;
      names = builtins.attrNames raw.drvAttrs;
      tools = builtins.attrNames raw.drvAttrs.tools;
      image = raw.drvAttrs.image == minimal.outPath;
      builder = builtins.match ".*-lucarne-[^/]*/bin/lucarne" raw.builder != null;
    };
    want = {
      __structuredAttrs = true;
      allowSubstitutes = false;
      args = [ "build-export" ];
      format = "raw";
      name = "win11-raw";
      outputChecks.out.allowedReferences = [ ];
      names = [
        "__structuredAttrs"
        "allowSubstitutes"
        "args"
        "builder"
        "format"
        "image"
        "name"
        "outputChecks"
        "preferLocalBuild"
        "system"
        "tools"
      ];
      tools = builtins.attrNames minimal.drvAttrs.tools;
      image = true;
      builder = true;
    };
  };

  export-formats = {
    got = builtins.attrNames export;
    want = [
      "incus"
      "kubevirt"
      "libvirt"
      "lima"
      "proxmox"
      "qcow2"
      "raw"
      "vhdx"
      "vmdk"
    ];
  };

  export-names = {
    got = map (drv: drv.name) [
      (export.qcow2 layer { })
      (export.qcow2 stored { })
      (export.qcow2 layer { name = "mine"; })
      (export.qcow2 layer.flatten { })
      # What is added to a name is no part of what may be too long.
      (export.kubevirt (minimal.override { name = long; }) { })
    ];
    want = [
      "more-qcow2"
      "windows-qcow2"
      "mine"
      "more-qcow2"
      "${long}-kubevirt"
    ];
  };

  # A folder is an input of the derivation however it is named: the sandbox shows it nothing else.
  export-of-folders = {
    got = {
      text = builtins.getContext (imageOf stored);
      inside = builtins.getContext (imageOf "${stored}/images/one");
      named = builtins.getContext (imageOf (/. + stored));
      withContext = builtins.getContext (imageOf "${minimal}");
      input = imageOf { outPath = "${literal}"; } == "${literal}";
      literal = imageOf literal == "${literal}";
      kept = imageOf "${stored}/images/one" == "${stored}/images/one";
    };
    want = {
      text.${stored}.path = true;
      inside.${stored}.path = true;
      named.${stored}.path = true;
      withContext = builtins.getContext minimal.outPath;
      input = true;
      literal = true;
      kept = true;
    };
  };

  # Known before anything is installed: below all layers, and with virtio-win's two drivers.
  export-buses = {
    got = {
      lima = map (builds "lima") [
        minimal
        layer
        (on "sata")
        (on "virtio-blk")
      ];
      incus = map (builds "incus") [
        (on "sata")
        (on "nvme")
        ((on "sata").override { virtioWinIso = minimal.spec.virtioWinIso; })
      ];
      files = map (builds "vhdx") [
        (on "sata")
        (on "nonsense")
      ];
    };
    want = {
      lima = [
        true
        true
        false
        true
      ];
      incus = [
        false
        true
        true
      ];
      files = [
        true
        true
      ];
    };
  };
}
