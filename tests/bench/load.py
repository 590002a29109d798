"""A small load generator: keep-alive connections in a process of their own, each sending as fast as it is answered."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import subprocess
import sys
import threading
import time

SECRET = "the-secret-of-the-bench"


def body_of(number: int, size: int = 2048) -> bytes:
    """Return a webhook of about 2 KB that says an issue moved."""
    said = {
        "webhookEvent": "jira:issue_updated",
        "timestamp": 1764000000000 + number,
        "issue": {"id": str(10_000 + number % 500), "key": f"BIG-{number % 500}", "fields": {"summary": ""}},
    }
    spare = size - len(json.dumps(said))
    said["issue"]["fields"]["summary"] = "x" * max(0, spare)  # type: ignore[index]
    return json.dumps(said).encode()


def request_of(path: str, port: int, number: int, run: str) -> bytes:
    body = body_of(number)
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nX-Hub-Signature: sha256={signature}\r\n"
        f"X-Atlassian-Webhook-Identifier: {run}-{number}\r\n\r\n"
    )
    return head.encode() + body


def _one_line(
    path: str, port: int, requests: list[bytes], until: float, spent: list[float], refused: list[int]
) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for request in requests:
            began = time.perf_counter()
            if began > until:
                return
            line.sendall(request)
            answer = b""
            while b"\r\n\r\n" not in answer:
                part = line.recv(65536)
                if not part:
                    raise ConnectionError("the server closed the line")
                answer += part
            status = int(answer[9:12])
            if status == 204:
                spent.append(time.perf_counter() - began)
            else:
                refused.append(status)


def run(path: str, port: int, seconds: float, lines: int, most: int) -> dict[str, object]:
    """Send for so many seconds over so many lines; return the count, the rate and the spread of the answers."""
    run_name = f"{time.time_ns()}"
    ready = [[request_of(path, port, at * most + n, run_name) for n in range(most)] for at in range(lines)]
    spent: list[list[float]] = [[] for _ in range(lines)]
    refused: list[int] = []
    began = time.perf_counter()
    threads = [
        threading.Thread(target=_one_line, args=(path, port, ready[at], began + seconds, spent[at], refused))
        for at in range(lines)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    every = sorted(one for line in spent for one in line)
    return {
        "taken": len(every),
        "refused": refused[:5],
        "rate": len(every) / took,
        "p50": every[len(every) // 2] * 1000 if every else 0.0,
        "p99": every[int(len(every) * 0.99)] * 1000 if every else 0.0,
    }


def fire(path: str, port: int, *, seconds: float, lines: int = 8, most: int = 1000) -> dict[str, float]:
    """Run the generator in a process of its own."""
    said = subprocess.run(
        [sys.executable, "-m", "tests.bench.load", path, str(port), str(seconds), str(lines), str(most)],
        capture_output=True,
        text=True,
        check=True,
        timeout=seconds + 60,
    )
    found: dict[str, float] = json.loads(said.stdout)
    return found


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))))
