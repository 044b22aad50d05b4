"""Writers of corpus layouts, one file a layout: the same utterances for other tools and services."""
