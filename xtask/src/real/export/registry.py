"""Runs a command that pushes to REGISTRY, a registry of OCI's distribution-spec that takes one
push on a port of its own, and prints what it was given, as JSON."""

import hashlib
import http.server
import json
import subprocess
import sys
import threading

blobs, manifests = {}, {}


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Registry(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def body(self):
        if self.headers["Transfer-Encoding"] != "chunked":
            return self.rfile.read(int(self.headers["Content-Length"] or 0))
        whole = b""
        while size := int(self.rfile.readline(), 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    def do_GET(self):
        self.answer(200 if self.path == "/v2/" or self.path.rsplit("/", 1)[1] in blobs else 404)

    do_HEAD = do_GET

    def do_POST(self):
        place = f"{self.path}{threading.get_ident()}"
        self.uploads[place] = b""
        self.answer(202, Location=place)

    def do_PATCH(self):
        self.uploads[self.path] += self.body()
        self.answer(202, Location=self.path)

    def do_PUT(self):
        place, body = self.path.split("?")[0], self.body()
        if "/manifests/" in place:
            manifests[digest(body)] = body.decode()
        else:
            body = self.uploads.pop(place) + body
            blobs[digest(body)] = len(body)
        self.answer(201)


Registry.uploads = {}
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"127.0.0.1:{server.server_port}"
command = [word.replace("REGISTRY", address) for word in sys.argv[1:]]
subprocess.run(command, check=True, stdout=sys.stderr)
print(json.dumps({"blobs": blobs, "manifests": manifests}))
