"""What a receiver does that has the reference library of Standard Webhooks."""

import json
import sys

from standardwebhooks import Webhook, WebhookVerificationError

given = json.load(sys.stdin)
event = Webhook(given["secret"]).verify(given["body"], given["headers"])
try:
    Webhook(given["secret"]).verify(given["body"].replace("declared", "lifted"), given["headers"])
    forged = "taken"
except WebhookVerificationError:
    forged = "refused"
print(json.dumps({"event": event, "forged": forged}))
