# The least that a layer is: a name, and a step.
base:
base.addLayer {
  name = "tools";
  steps = [ { directory.path = ''C:\Tools''; } ];
}
