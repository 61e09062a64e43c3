"""`python -m assessor.probes URL`: the same as `assessor-probe URL`."""

import sys

from assessor.probes.cli import main

sys.exit(main())
