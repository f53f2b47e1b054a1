"""A client of OCR Omega that needs nothing but Python 3.9: submits documents, waits for them, fetches their text.

    export OCR_OMEGA_URL=http://127.0.0.1:8080 OCR_OMEGA_KEY=sk_live_...
    python3 ocr_omega.py scan.pdf photo.jpg > text.md

    from ocr_omega import Client
    client = Client("http://127.0.0.1:8080", key)
    job = client.read(open("scan.pdf", "rb").read(), mode="quality")
    print(client.result(job["id"], "md").decode())
"""

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

# What the server may hold an answer back for, in seconds.
LONGEST_WAIT = 60
# What a connection may be silent for beyond that.
PATIENCE = 30
# Refusals that pass: too many requests or a full queue, an engine or a server that is starting or stopping.
PASSING = (429, 503)
# Without a Retry-After, and between attempts to connect: twice as long each time, up to a minute.
FIRST_DELAY = 1
LONGEST_DELAY = 60


class Problem(Exception):
    """What the server answered other than a result. `code` is stable, as in "file.unreadable"."""

    def __init__(self, status, code, detail):
        super().__init__(f"{detail} ({code})")
        self.status = status
        self.code = code


class Client:
    """`give_up_after`: seconds for which passing refusals and lost connections of one request are tried again."""

    def __init__(self, url, key, give_up_after=600):
        self.url = url.rstrip("/")
        self.key = key
        self.give_up_after = give_up_after

    def submit(self, document, name="document", **options):
        """Submits bytes, whose type the server tells by itself, and returns the receipt with its `jobId`.

        Options are those of the API: pages="1-3", mode="fast", searchable_pdf="true". However often it is tried, one job
        comes of it: every attempt has the same idempotency key.
        """
        boundary = uuid.uuid4().hex
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
            for field, value in options.items()
        ]
        file_name = urllib.parse.quote(name)
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file_name}"\r\n'
        body = b"".join([*parts, head.encode(), b"Content-Type: application/octet-stream\r\n\r\n", document])
        body += f"\r\n--{boundary}--\r\n".encode()
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Idempotency-Key": uuid.uuid4().hex,
        }
        return json.loads(self._request("POST", "/v1/ocr", body, headers))

    def wait(self, job_id):
        """The job once it ended: "completed", "failed" or "cancelled"."""
        while True:
            job = json.loads(self._request("GET", f"/v1/jobs/{job_id}?wait={LONGEST_WAIT}"))
            if job["status"] not in ("pending", "processing"):
                return job

    def result(self, job_id, format="md"):
        """The whole document of a completed job, in bytes: md, txt, json, html, hocr, alto or pdf."""
        return self._request("GET", f"/v1/jobs/{job_id}/result?format={format}")

    def read(self, document, name="document", **options):
        """Submits and waits. Raises a Problem where no page could be read."""
        job = self.wait(self.submit(document, name, **options)["jobId"])
        if job["status"] != "completed":
            error = job.get("error") or {}
            raise Problem(200, error.get("code", job["status"]), error.get("detail", f"The job is {job['status']}."))
        return job

    def erase(self, job_id):
        """Erases the results, which the server otherwise keeps for its time of retention."""
        self._request("DELETE", f"/v1/jobs/{job_id}")

    def _request(self, method, path, body=None, headers=None):
        deadline = time.monotonic() + self.give_up_after
        delay = FIRST_DELAY
        while True:
            request = urllib.request.Request(self.url + path, body, {"X-API-Key": self.key, **(headers or {})}, method=method)
            try:
                with urllib.request.urlopen(request, timeout=LONGEST_WAIT + PATIENCE) as answer:
                    return answer.read()
            except urllib.error.HTTPError as error:
                problem = _problem_of(error)
                if error.code not in PASSING:
                    raise problem from None
                pause = float(error.headers.get("Retry-After") or delay)
            except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
                problem, pause = error, delay
            if time.monotonic() + pause > deadline:
                raise problem
            time.sleep(pause)
            delay = min(delay * 2, LONGEST_DELAY)


def _problem_of(error):
    try:
        problem = json.loads(error.read())
        return Problem(error.code, problem["code"], problem["detail"])
    except (ValueError, KeyError, TypeError):
        # Of a proxy before the server.
        return Problem(error.code, "none", f"HTTP {error.code}")


def main(paths):
    client = Client(os.environ.get("OCR_OMEGA_URL", "http://127.0.0.1:8080"), os.environ["OCR_OMEGA_KEY"])
    failed = 0
    for path in paths:
        try:
            with open(path, "rb") as file:
                job = client.read(file.read(), os.path.basename(path))
            sys.stdout.buffer.write(client.result(job["id"]))
        except (OSError, Problem) as error:
            failed += 1
            print(f"{path}: {error}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
