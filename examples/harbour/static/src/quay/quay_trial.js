/** Not part of the bundle: the manifest removes it. */
window.harbourTrial = true;
