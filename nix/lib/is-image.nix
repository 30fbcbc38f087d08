# Whether a value may be an image: what there is beside one for it, as its `media` and its `debug`,
# has a spec as an image has, and nothing can be laid on it. A path may be one.
value: !(builtins.isAttrs value && value ? spec) || value ? addLayer
