"""For the health check of the web container: exit 0 when the desk is ready."""

import http.client
import os
import sys

host = os.environ.get("IMIDESK_HOSTS", "localhost").split(",")[0]
connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=4)
try:
    connection.request("GET", "/healthz/ready", headers={"Host": host})
    status = connection.getresponse().status
except OSError as fault:
    sys.exit(f"not ready: {type(fault).__name__}")
sys.exit(None if status == 200 else f"not ready: {status}")
