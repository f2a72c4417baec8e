"""`python -m alvh`: the command line."""

import sys

from alvh.command_line import main

sys.exit(main())
