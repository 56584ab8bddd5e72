"""ArchiMate both ways: the exchange format of The Open Group and the files of Archi."""
