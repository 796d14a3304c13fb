"""An open-loop load generator: requests are due at times that do not depend on answers.

Each latency is counted from when a request was due, not from when it could be sent. A client
that waits for an answer before it asks again (wrk) sends nothing while a server stalls, and so
leaves out just the requests that the stall would have hurt: coordinated omission. vegeta is
open-loop too, but counts from when one of its workers took the request, so that its own delay
is in no figure, and it tells neither routes nor receipts apart.
"""
