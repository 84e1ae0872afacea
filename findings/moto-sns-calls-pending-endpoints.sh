#!/usr/bin/env bash
# moto 5.2.5 (sns) with boto3 1.43.106
#
# Most expect: an HTTP(S) subscription that nobody has confirmed gets no messages, as at AWS; and a mock of AWS that lives in
#   the test's process makes no calls of its own to the network.
# What happens: Publish sends each message to the endpoint at once, by a real HTTP request of the process.
# Why it matters: a test that subscribes https://hooks.example leaves an endpoint behind which makes a later Publish, in
#   another test, fail or wait for the network, by the order in which they run.
# Seen: 2026-11-27. Fails when the behaviour changes.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check 'moto[sns]==5.2.5' boto3==1.43.106
cat > publish.py <<'PY'
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3
from moto import mock_aws
from moto.core.config import default_user_config

calls = []


class Endpoint(BaseHTTPRequestHandler):
    def do_POST(self):
        calls.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Endpoint)
threading.Thread(target=server.serve_forever, daemon=True).start()
here = f"http://127.0.0.1:{server.server_port}/hook"
default_user_config["core"]["passthrough"]["urls"] = [here]  # what leaves the process is let through, not mocked
with mock_aws():
    sns = boto3.client("sns", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=here)
    sns.publish(TopicArn=topic, Message="hello")
    server.shutdown()
raise SystemExit(0 if any(b"hello" in call for call in calls) else "CHANGED: nothing came to the pending endpoint")
PY
venv/bin/python publish.py
echo "as described: the message came to an endpoint that nobody has confirmed"
