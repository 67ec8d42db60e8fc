"""A whole machine with systemd as its first process: do the units of the kit do there what they promise?"""
