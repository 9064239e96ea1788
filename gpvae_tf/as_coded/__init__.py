"""What the authors' released code does where it differs from their papers (docs/deviations.md), one file each.

The experiments' presets choose from here; the library proper never imports it.
"""
