"""Readers of the corpus layouts, one file a layout; `folder` sends every file to its reader."""
