"""One runnable file a system: each wires data → model → objective → loop.

A recipe is a module with

* ``Config``, a frozen dataclass with ``tiny()`` and full sizes, whose fields are the command's options,
* ``build(config) -> State``, freshly initialised players,
* ``clips(config, folder, split)``, what it learns from: one's own folder, or procedural sound,
* ``models(state)``, what is worth keeping, by name, and ``MODELS``, of which class each is,
* ``evaluate(config, models, clips)``, the numbers to watch on held-out sound,
* ``generate(config, models, seconds, seeds, temperature)``, sound in pieces one behind the other,
  ``default_seconds(config)`` long unless asked otherwise,
* where they make sense, ``Wish``, options of `generate` beyond these, passed as its last argument,
  and ``config.unlabelled()``, the configuration for a folder of sound without labels.

`tinyaudio.recipes.run` runs any of them: ``tinyaudio train autoregressive --data my_sounds``.
"""
