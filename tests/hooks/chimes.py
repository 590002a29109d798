"""Chimes: a tool that exists for these tests alone, with every face that registers, rings, writes back and loses items.

It shakes hands while the request that registers is still in flight, as Asana does; probes the address with HEAD, as
Trello does; and says what becomes of a registration, as Graph does.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from requests import Response, Session
from werkzeug.wrappers import Request
from werkzeug.wrappers import Response as Answer

from connectors.errors import Forged, Gone, Misconfigured
from connectors.fields import ApiToken, Description, Face, Field
from connectors.sandbox.faults import Asked, Faults
from connectors.sandbox.server import AnswerLostError
from connectors.shapes import (
    Absence,
    Cursor,
    Delivery,
    Event,
    Greeting,
    Identity,
    Page,
    ProgressNote,
    Receipt,
    Roll,
    Scope,
    Select,
    State,
    Subscription,
    WorkItem,
)
from connectors.tame import tame
from connectors.wire import SAFE, answer

BORN = datetime(2026, 11, 1, tzinfo=UTC)
SECRET, SIGNATURE = "x-chimes-secret", "x-chimes-signature"

Reach = Callable[[str, str, Mapping[str, str], bytes], tuple[int, Mapping[str, str]]]


class Chimes:
    """The connector."""

    def __init__(self, settings: Mapping[str, str], wire: Session) -> None:
        self._wire = wire
        self._base = settings.get("base_url", "https://chimes.example")

    @classmethod
    def describe(cls) -> Description:
        return Description(
            kind="chimes",
            title="Chimes",
            faces=frozenset({Face.SOURCE, Face.SWEEP, Face.WEBHOOKS, Face.SUBSCRIPTIONS, Face.WRITE_BACK}),
            auth=(ApiToken("bearer", (Field("token", "text", "The token of your account.", secret=True),)),),
            settings=(Field("base_url", "url", "The address of your site."),),
            hosts=("chimes.example",),
            docs="connectors/chimes.md",
            write_backs=("link", "comment", "field"),
        )

    def check(self) -> Identity:
        return Identity("somebody")

    # -- work

    def scopes(self, query: str = "") -> Iterator[Scope]:
        yield from (_scope(name) for name in json.loads(self._ask("GET", "/lists").content)["lists"])

    def resolve(self, select: Select) -> Scope:
        return _scope(select.picker["list"])

    def fetch(self, scope: Scope, since: Cursor | None = None) -> Iterator[Page]:
        items = self._items([scope])
        held = frozenset(item.key for item, _ in items)
        memberships = {item.key: frozenset({scope.key}) for item, _ in items}
        roll = Roll(frozenset({scope.key}), held, exact=True)
        yield Page(tuple(item for item, _ in items), memberships, cursor=Cursor("1"), total=len(items), rolls=(roll,))

    def changes(self, scopes: Sequence[Scope], since: Cursor | None, touched: Sequence[str] = ()) -> Iterator[Page]:
        wanted = {scope.query: scope.key for scope in scopes}
        found = json.loads(self._ask("POST", "/look", {"keys": list(touched)}, headers=SAFE).content)
        pairs = [(_item(one), one["list"]) for one in found["items"]]
        members = {item.key: frozenset({wanted[where]} if where in wanted else ()) for item, where in pairs}
        gone = {key: Absence(why) for key, why in found["gone"].items()}
        members.update({key: frozenset() for key in gone})
        in_scope = tuple(item for item, _ in pairs if members[item.key])
        yield Page(in_scope, members, tuple(gone), gone, cursor=since)
        if since is not None:
            items = self._items(scopes)
            now_in = {item.key: frozenset({wanted[where]}) for item, where in items}
            rolls = tuple(
                Roll(frozenset({key}), frozenset(k for k, held in now_in.items() if key in held), exact=True)
                for key in wanted.values()
            )
            yield Page(tuple(item for item, _ in items), now_in, cursor=since, rolls=rolls)

    def merge(self, held: Cursor, read: Cursor) -> Cursor:
        return held

    def _items(self, scopes: Sequence[Scope]) -> list[tuple[WorkItem, str]]:
        wanted = {scope.query for scope in scopes}
        found = json.loads(self._ask("GET", "/items").content)["items"]
        return [(_item(one), one["list"]) for one in found if one["list"] in wanted]

    # -- webhooks

    def greet(self, delivery: Delivery) -> Greeting | None:
        if delivery.method == "HEAD":
            return Greeting()
        secret = delivery.headers.get(SECRET)
        return None if secret is None else Greeting(headers={SECRET: secret}, secret=secret)

    def verify(self, delivery: Delivery, secret: str) -> None:
        wanted = sign(delivery.url, delivery.body, secret)
        if not hmac.compare_digest(delivery.headers.get(SIGNATURE, "").encode(), wanted.encode()):
            raise Forged("the signature does not hold")

    def parse(self, delivery: Delivery) -> tuple[Event, ...]:
        body = tame(delivery.body, "chimes")
        kind = body["kind"].text()
        keys = (body["item"].text(),) if kind == "changed" else ()
        return (Event(body["id"].text(), keys, kind),)

    def wants(self, scopes: Sequence[Scope]) -> tuple[Scope, ...]:
        return tuple(sorted(scopes, key=lambda scope: scope.key))

    def subscribe(self, scope: Scope, url: str, secret: str) -> Subscription:
        found = self._ask("POST", "/hooks", {"url": url, "list": scope.query, "secret": secret})
        return _subscription(found, scope.key)

    def renew(self, subscription: Subscription) -> Subscription:
        return _subscription(self._ask("PUT", f"/hooks/{subscription.key}"), subscription.scope_key)

    def unsubscribe(self, subscription: Subscription) -> None:
        try:
            self._ask("DELETE", f"/hooks/{subscription.key}")
        except Gone:
            return

    # -- write-back

    def write(self, note: ProgressNote) -> Receipt:
        if note.by == "field" and not note.field:
            raise Misconfigured("a field needs a name", field="field")
        body = {"key": note.key, "by": note.by, "title": note.title, "text": note.text, "link": note.link}
        method = "POST" if note.by == "comment" else "PUT"
        found = self._ask(method, f"/items/{note.target}/notes", body)
        return Receipt(BORN, json.loads(found.content)["id"])

    def _ask(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Response:
        found = self._wire.request(method, f"{self._base}{path}", json=body, headers=dict(headers or {}))
        answer(found, what=f"chimes: {path.split('/')[1]}")
        return found


def sign(url: str, body: bytes, secret: str) -> str:
    """Sign over the address too, as Trello does: a hub that rebuilds another address cannot verify."""
    return hmac.new(secret.encode(), body + url.encode(), hashlib.sha256).hexdigest()


def _scope(name: str) -> Scope:
    return Scope("list", f"list-{name}", f"List {name}", name, f"https://chimes.example/{name}")


def _item(one: Mapping[str, Any]) -> WorkItem:
    at = datetime.fromisoformat(one["updated"])
    state = State(one["state"])
    title = one["title"]
    url = f"https://chimes.example/{one['id']}"
    return WorkItem(one["id"], one["id"], title, state, one["state"], "Task", url, BORN, at)


def _subscription(found: Response, scope_key: str) -> Subscription:
    body = json.loads(found.content)
    until = datetime.fromisoformat(body["until"]) if body["until"] else None
    return Subscription(body["id"], scope_key, until, body.get("secret"))


@dataclass
class Hook:
    """A webhook as the tool keeps it."""

    id: str
    url: str
    place: str
    secret: str
    until: datetime | None


@dataclass
class Item:
    id: str
    place: str
    state: str = "todo"
    title: str = "A task"
    is_hidden: bool = False
    notes: list[dict[str, str]] = field(default_factory=list)


def reach_over_http(method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str]]:
    found = requests.request(method, url, headers=dict(headers), data=body, timeout=10)
    return found.status_code, found.headers


class ChimesSandbox:
    """The tool: keeps items and webhooks, shakes hands, rings. `reach` is how it gets to the hub.

    With `lives` a webhook lapses after that; with `makes_secret` the tool makes the secret, and tells it in the
    handshake alone, or also in its answer with `tells_secret`.
    """

    def __init__(self, now: Callable[[], datetime], reach: Reach = reach_over_http) -> None:
        self.now, self.reach = now, reach
        self.items: dict[str, Item] = {}
        self.deleted: set[str] = set()
        self.hooks: dict[str, Hook] = {}
        self.faults = Faults()
        self.lives: timedelta | None = None
        self.makes_secret = False
        self.tells_secret = False
        self.refuses: str = ""  # the list that nothing may be registered for
        self.takes_one_host = False  # as Jira does: all webhooks of an app are at one address
        self.before_answer: Callable[[Hook], None] | None = None  # once a webhook is made
        self.loses = ""  # the path whose next answer is lost after the work was done
        self.statuses: list[int] = []  # what the hub answered, oldest first
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()

    def count(self, method: str, path: str = "") -> int:
        return sum(one.method == method and path in one.path for one in self.faults.requests)

    # -- what happens in the tool

    def add(self, place: str = "a", state: str = "todo") -> str:
        id = f"C-{next(self._numbers)}"
        self.items[id] = Item(id, place, state)
        return id

    def delete(self, id: str) -> None:
        self.deleted.add(id)
        del self.items[id]

    def change(self, id: str, **changes: Any) -> None:
        self.items[id] = replace(self.items[id], **changes)

    def ring(self, id: str, *, event: str = "", kind: str = "changed", secret: str = "") -> list[int]:
        """Ring every webhook for an item; one that is answered 410 is removed. Returns what the hub answered."""
        found = []
        for hook in list(self.hooks.values()):
            named = event or f"event-{next(self._numbers)}"
            found.append(self.deliver(hook, {"id": named, "item": id, "kind": kind}, secret))
        return found

    def deliver(self, hook: Hook, said: Mapping[str, str], secret: str = "") -> int:
        body = json.dumps(said).encode()
        status, _ = self.reach("POST", hook.url, {SIGNATURE: sign(hook.url, body, secret or hook.secret)}, body)
        self.statuses.append(status)
        if status == 410:
            self.hooks.pop(hook.id, None)
        return status

    # -- what it answers

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        said = json.loads(request.get_data() or b"null")
        try:
            response = self.faults.answer(request.path, lambda: self._answer(request.method, request.path, said))
        except AnswerLostError:
            self.faults.note(Asked(request.method, request.path, 0))
            raise
        lost = bool(self.loses) and self.loses in request.path
        self.faults.note(Asked(request.method, request.path, 0 if lost else response.status_code))
        if lost:
            self.loses = ""
            raise AnswerLostError
        return response(environ, start_response)

    def _answer(self, method: str, path: str, said: Any) -> Answer:
        match method, path.split("/")[1:]:
            case "GET", ["items"]:
                with self._lock:
                    return _json({"items": [self._shown(one) for one in self.items.values() if not one.is_hidden]})
            case "GET", ["lists"]:
                return _json({"lists": sorted({one.place for one in self.items.values()})})
            case "POST", ["look"]:
                return _json(self._look(said["keys"]))
            case "POST", ["hooks"]:
                return self._register(said)
            case "PUT", ["hooks", id] if id in self.hooks:
                hook = self.hooks[id]
                hook.until = None if self.lives is None else self.now() + self.lives
                return _json(self._told(hook))
            case "DELETE", ["hooks", id] if id in self.hooks:
                del self.hooks[id]
                return _json({})
            case (("POST" | "PUT"), ["items", id, "notes"]) if id in self.items:
                return self._note(id, said, is_new=method == "POST")
        return _json({"error": "there is nothing here"}, 404)

    def _shown(self, one: Item) -> dict[str, str]:
        return {"id": one.id, "list": one.place, "state": one.state, "title": one.title, "updated": BORN.isoformat()}

    def _look(self, keys: Sequence[str]) -> dict[str, Any]:
        gone = {key: "deleted" for key in keys if key in self.deleted}
        gone.update({key: "hidden" for key in keys if key in self.items and self.items[key].is_hidden})
        return {"items": [self._shown(self.items[k]) for k in keys if k in self.items and k not in gone], "gone": gone}

    def _register(self, said: Mapping[str, str]) -> Answer:
        if said["list"] == self.refuses:
            return _json({"error": "this list takes no webhook"}, 400)
        if self.takes_one_host and {urlsplit(one.url).netloc for one in self.hooks.values()} - {
            urlsplit(said["url"]).netloc
        }:
            return _json({"error": "webhooks at one address only"}, 400)
        secret = f"made-{next(self._numbers)}" if self.makes_secret else said["secret"]
        hook = Hook(f"hook-{next(self._numbers)}", said["url"], said["list"], secret, None)
        hook.until = None if self.lives is None else self.now() + self.lives
        status, _ = self.reach("HEAD", hook.url, {}, b"")
        if status != 200:
            return _json({"error": f"the address answered {status}"}, 400)
        if self.makes_secret:
            status, headers = self.reach("POST", hook.url, {SECRET: secret}, b"{}")
            if status != 200 or headers.get(SECRET) != secret:
                return _json({"error": "the handshake failed"}, 400)
        self.hooks[hook.id] = hook
        if self.before_answer is not None:
            self.before_answer(hook)
        return _json(self._told(hook))

    def _told(self, hook: Hook) -> dict[str, Any]:
        told = {"id": hook.id, "until": hook.until.isoformat() if hook.until else None}
        return {**told, "secret": hook.secret} if self.tells_secret else told

    def _note(self, id: str, said: dict[str, str], *, is_new: bool) -> Answer:
        notes = self.items[id].notes
        if not is_new:
            notes[:] = [one for one in notes if one["key"] != said["key"]]
        notes.append(said)
        return _json({"id": f"note-{next(self._numbers)}"})


def _json(body: Any, status: int = 200) -> Answer:
    return Answer(json.dumps(body), status, content_type="application/json")
