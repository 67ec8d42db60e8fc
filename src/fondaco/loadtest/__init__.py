"""How does a server bear people: five scenarios, more and more of them at once, held against an earlier run."""
