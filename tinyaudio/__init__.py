"""Neural audio generation, small enough to read.

The package follows a sound on its way: ``audio`` reads it, ``data`` collects it, ``represent`` turns it into what a model
sees, ``models`` predict it, ``objectives`` judge them, ``train`` improves them, ``samplers`` let them speak, ``metrics`` measure
what they say.  Each chapter of the book imports the modules that it explains.
"""

__version__ = "0.1.0"
