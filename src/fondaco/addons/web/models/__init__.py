"""What do the models of every module gain when a web client is there?"""

from . import onchange, read_group, web_read, web_save, web_search
