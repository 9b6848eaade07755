import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imidesk.settings.production")

application = get_wsgi_application()

from imidesk.core import ledger  # noqa: E402 - needs the apps that the line above loads
from imidesk.core.start_up import refuse_on_faults  # noqa: E402

refuse_on_faults()
ledger.look()

# What is loaded now stays, and the collector need not look through it again and again while somebody waits.
gc.collect()
gc.freeze()
