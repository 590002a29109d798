"""The whole simulated Trello: what a driver does to it, what HTTP shows of it, and the webhooks it sends."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from connectors.sandbox.faults import Asked, Faults
from connectors.sandbox.server import AnswerLostError
from connectors.sandbox.trello.bodies import BOARD_FIELDS
from connectors.sandbox.trello.quotas import Quotas
from connectors.sandbox.trello.reads import Reads
from connectors.sandbox.trello.refusals import RefusedError
from connectors.sandbox.trello.state import Desk
from connectors.sandbox.trello.things import Action
from connectors.sandbox.trello.webhooks import Post, Send
from connectors.sandbox.trello.writes import Writes

_OAUTH = re.compile(r'OAuth oauth_consumer_key="([^"]*)", oauth_token="([^"]*)"')
BATCH = 10


class TrelloSandbox(Desk):
    """Trello in memory, as a WSGI application.

    `now` is its clock (aware). `scopes_of` says what a request's bearer token of OAuth 2.0 may do, None for one that is
    not good. `quotas.enforced` switches the limits on; `post` sends the webhooks.
    """

    def __init__(
        self,
        *,
        api_key: str = "0123456789abcdef0123456789abcdef",
        token: str = "ATTAsandboxtoken",
        secret: str = "trello-app-secret",
        now: Callable[[], datetime],
        send: Send | None = None,
    ) -> None:
        super().__init__(now=now)
        self.api_key, self.token = api_key, token
        self.scopes_of: Callable[[Request], frozenset[str] | None] = lambda _request: None
        self.faults = Faults()
        self.quotas = Quotas(now)
        self.post = Post(secret, send=send)
        self.reads = Reads(self)
        self.writes = Writes(self, self.reads, self.post)
        self.listeners.append(self._tell)
        reads, writes = self.reads, self.writes
        self._gets = _routes(
            (r"/members/me", reads.me),
            (r"/members/me/boards", reads.my_boards),
            (r"/members/me/tokens", writes.my_tokens),
            (r"/boards/([^/]+)", reads.whole_board),
            (r"/boards/([^/]+)/cards", reads.board_cards),
            (r"/boards/([^/]+)/cards/([^/]+)", reads.board_cards),
            (r"/boards/([^/]+)/lists", reads.board_lists),
            (r"/boards/([^/]+)/lists/([^/]+)", reads.board_lists),
            (r"/boards/([^/]+)/customFields", reads.board_fields),
            (r"/boards/([^/]+)/actions", reads.board_actions),
            (r"/cards/([^/]+)", reads.one_card),
            (r"/cards/([^/]+)/actions", reads.card_actions),
            (r"/cards/([^/]+)/attachments", reads.card_attachments),
            (r"/webhooks/([^/]+)", writes.webhook),
        )
        self._changes = {
            "POST": _routes(
                (r"/cards/([^/]+)/actions/comments", writes.comment),
                (r"/cards/([^/]+)/attachments", writes.attach),
                (r"/webhooks/?", writes.subscribe),
            ),
            "PUT": _routes(
                (r"/actions/([^/]+)", writes.edit_comment),
                (r"/cards/([^/]+)/customField/([^/]+)/item", writes.set_field),
            ),
            "DELETE": _routes(
                (r"/cards/([^/]+)/attachments/([^/]+)", writes.detach),
                (r"/webhooks/([^/]+)", writes.unsubscribe),
            ),
        }

    # -- HTTP

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        key, token = _signed_by(request)
        try:
            response = self.faults.answer(request.path, lambda: self._answer(request, key, token))
        except AnswerLostError:
            self.faults.note(Asked(request.method, request.full_path.rstrip("?"), 0))
            raise
        response.headers["Date"] = http_date(self.now())
        response.headers.update(self.quotas.headers(key, token))
        self.faults.note(Asked(request.method, request.full_path.rstrip("?"), response.status_code))
        if request.method in ("POST", "PUT") and response.status_code == 200 and self.faults.loses():
            raise AnswerLostError
        return response(environ, start_response)

    def _answer(self, request: Request, key: str, token: str) -> Response:
        path = request.path.removeprefix("/1")
        if path == request.path:
            return RefusedError(404, f"Cannot {request.method} {request.path}").answer()
        refused = self.quotas.refuse(key, token, request.path)
        if refused is not None:
            return refused
        try:
            # ids are looked at before the sign-in is, and a wrong one is told first
            named = re.match(r"/(?:boards|cards|webhooks)/([^/]+)", path)
            if named and not re.fullmatch(r"[0-9a-fA-F]{24}|[0-9A-Za-z]{8}", named[1]):
                raise RefusedError(400, "invalid id")
            self._check_sign_in(request, key, token)
            with self.lock:
                self.client = request.headers.get("X-Trello-Client-Identifier", "")
                found = self._found(request, path)
        except RefusedError as refusal:
            return refusal.answer()
        finally:
            self.client = ""
        return Response(json.dumps(found), content_type="application/json; charset=utf-8")

    def _check_sign_in(self, request: Request, key: str, token: str) -> None:
        if not key and token:
            scopes = self.scopes_of(request)
            if scopes is None:
                raise RefusedError(401, "invalid token")
            if "key" in request.args or "token" in request.args:
                raise RefusedError(401, "invalid key")  # clients of OAuth 2.0 may not use the query string
            if _scope_for(request) not in scopes:
                raise RefusedError(401, "missing scopes", error="UNAUTHORIZED")
            return
        if key != self.api_key:
            raise RefusedError(401, "invalid key")
        if token != self.token:
            raise RefusedError(401, "invalid token")

    def _found(self, request: Request, path: str) -> Any:
        asked = request.args.to_dict()
        if request.method == "GET":
            return self._batch(asked) if path == "/batch" else self._get(path, asked)
        for pattern, write in self._changes.get(request.method, ()):
            if match := pattern.fullmatch(path):
                return write(asked, request.get_data(), *match.groups())
        raise RefusedError(404, f"Cannot {request.method} {request.path}")

    def _get(self, path: str, asked: Mapping[str, str]) -> Any:
        for pattern, read in self._gets:
            if match := pattern.fullmatch(path):
                return read(asked, *match.groups())
        raise RefusedError(404, f"Cannot GET /1{path}")

    def _batch(self, asked: Mapping[str, str]) -> Any:
        paths = asked.get("urls", "").split(",")
        if not 1 <= len(paths) <= BATCH or not all(path.startswith("/") for path in paths):
            raise RefusedError(400, "invalid value for urls")
        answered: list[Any] = []
        for one in paths:
            path, _, query = one.partition("?")
            try:
                answered.append({"200": self._get(unquote(path), dict(parse_qsl(query)))})
            except RefusedError as refusal:
                answered.append(refusal.part())
        return answered

    # -- for drivers

    @property
    def requests(self) -> list[Asked]:
        """Everything that was asked over HTTP, oldest first."""
        return self.faults.requests

    def count(self, path: str = "") -> int:
        """Count the requests over HTTP whose path contains `path`."""
        return self.faults.count(path)

    def close(self) -> None:
        """Stop sending webhooks."""
        self.post.close()

    def _tell(self, action: Action) -> None:
        board = self.boards.get(action.board)
        for hook in list(self.post.hooks.values()):
            if board is None or hook.model != board.id:
                continue
            body = json.dumps(
                {
                    "action": self.reads.bodies.action(action),
                    "model": self.reads.bodies.board(board, BOARD_FIELDS),
                    "webhook": {"id": hook.id, "idModel": hook.model, "callbackURL": hook.url},
                }
            ).encode()
            self.post.post(hook, action.id, action.type, body, action.client)


def _routes(*routes: tuple[str, Callable[..., Any]]) -> list[tuple[re.Pattern[str], Callable[..., Any]]]:
    return [(re.compile(path), answer) for path, answer in routes]


def _scope_for(request: Request) -> str:
    """Return the scope that a request needs: members are read, and all else is about boards, their list as well."""
    if request.path.startswith("/1/members") and not request.path.endswith("/boards"):
        return "read:member:trello"
    return f"{'read' if request.method == 'GET' else 'write'}:board:trello"


def _signed_by(request: Request) -> tuple[str, str]:
    """Return the key and the token of a request; a bearer token comes without a key."""
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        return "", header.removeprefix("Bearer ")
    match = _OAUTH.fullmatch(header)
    return (match[1], match[2]) if match else (request.args.get("key", ""), request.args.get("token", ""))
