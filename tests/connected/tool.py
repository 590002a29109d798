"""A tool of our own for tests: a pasted token, an app's own sign-in or a person's; two sites behind one sign-in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from requests import Session

from connectors.errors import Misconfigured, Unauthorized
from connectors.fields import ApiToken, Description, Face, Field, OAuth2, Permission
from connectors.shapes import Cursor, Identity, Missing, Page, Roll, Scope, Select, Site
from connectors.wire import answer

CLIENT = (
    Field("client_id", "text", "The id of the app that you registered at the tool.", required=True),
    Field("client_secret", "text", "The secret of that app.", required=True, secret=True),
    Field("login_url", "url", "Where the tool signs people in.", default="https://login.tool.example"),
)
PERMISSIONS = (
    Permission("read:work", "tasks cannot be read"),
    Permission("read:people", "names of people are not shown"),
    Permission("offline_access", "an admin has to sign in again every hour"),
)


class Tool:
    """One account of the tool."""

    def __init__(self, settings: Mapping[str, str], wire: Session) -> None:
        if not settings.get("base_url"):
            raise Misconfigured("tool: base_url is missing", field="base_url")
        self._url, self._token, self._wire = settings["base_url"], settings.get("token", ""), wire

    @classmethod
    def describe(cls) -> Description:
        return Description(
            kind="tool",
            title="The Tool",
            faces=frozenset({Face.SOURCE, Face.SITES}),
            auth=(
                ApiToken("bearer", (Field("token", "text", "A token of your account.", required=True, secret=True),)),
                OAuth2(
                    "authorization_code",
                    "Sign in with The Tool",
                    "{login_url}/token",
                    CLIENT,
                    PERMISSIONS,
                    "{login_url}/authorize",
                    (("prompt", "consent"),),
                    idle_days=90,
                ),
                OAuth2("client_credentials", "As an app", "{login_url}/token", CLIENT),
            ),
            settings=(Field("base_url", "url", "The address of your site at the tool.", required=True),),
            hosts=("tool.example",),
            docs="connectors/tool.md",
        )

    def check(self) -> Identity:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        got = self._wire.get(f"{self._url}/me", headers=headers)
        if got.status_code == 401:
            raise Unauthorized("the tool does not accept the sign-in", hint="sign in again")
        answer(got, what="tool: me")
        told = got.json()
        return Identity(told["account"], f"{len(told['projects'])} projects", (Missing("read:goals", "no goals"),))

    @classmethod
    def sites(cls, settings: Mapping[str, str], wire: Session) -> tuple[Site, ...]:
        found = wire.get(f"{settings['login_url']}/me")
        answer(found, what="tool: sites")
        return (
            Site("Acme", {"base_url": settings["login_url"]}),
            Site("Acme trial", {"base_url": f"{settings['login_url']}/trial"}),
        )

    def scopes(self, query: str = "") -> Iterator[Scope]:
        self.check()
        for name in ("Payments", "Growth"):
            if query.lower() in name.lower():
                yield Scope("project", name.lower(), f"{name} (12 tasks)", f"project = {name}", f"{self._url}/{name}")

    def resolve(self, select: Select) -> Scope:
        return Scope("project", "payments", "Payments", select.query, f"{self._url}/payments")

    def fetch(self, scope: Scope, since: Cursor | None = None) -> Iterator[Page]:
        self.check()
        yield Page(cursor=Cursor("1"), total=0, rolls=(Roll(frozenset({scope.key}), frozenset(), exact=True),))

    def changes(self, scopes: Sequence[Scope], since: Cursor | None, touched: Sequence[str] = ()) -> Iterator[Page]:
        self.check()
        yield Page(cursor=Cursor("1"))

    def merge(self, held: Cursor, read: Cursor) -> Cursor:
        return held
