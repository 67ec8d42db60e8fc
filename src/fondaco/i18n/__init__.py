"""How texts are translated: terms cut from markup, PO files, and `_()`."""
