"""okrhub user: accounts from the hub's own machine, also when nobody can sign in any more."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import click

from hub.cli.console import err, json_option, now, open_store, out, print_json
from hub.cli.exits import EXIT_CLEAN, EXIT_PROBLEM, complain
from hub.cli.run import address_of, set_up_link
from hub.flows import people
from hub.flows.people import Refused
from hub.model.rights import Role, Scope
from hub.settings import Settings
from hub.store import Store

role_choice = click.Choice([role.value for role in Role])


@click.group()
def user() -> None:
    """Look after accounts, from the hub's own machine.

    Whoever can run this has the database too, so nobody has to sign in. What is done is in the audit log.
    """


@user.command()
@click.argument("email")
@click.option("--role", type=role_choice, default=Role.MEMBER.value, show_default=True)
@click.option("--name", default="", help="How the person is called, unless a file says it.")
def add(email: str, role: str, name: str) -> int:
    """Make an account and print a link by which its person chooses a password."""

    def work(store: Store, settings: Settings) -> None:
        people.add_account(store, email=email, name=name, role=Role(role), who=_who(), now=now())
        err.print(f"{email.strip().lower()} is a {role} now. To choose a password, once and within 24 hours:")
        out.print(address_of(settings) + people.make_reset_link(store, email=email, who=_who(), now=now()))

    return _do(work)


@user.command()
@click.argument("email", required=False)
def link(email: str | None) -> int:
    """Print a new one-time link: for a new password of EMAIL, or, while nobody has an account, to set the hub up."""

    def work(store: Store, settings: Settings) -> None:
        if email is None:
            out.print(set_up_link(store, settings))
        else:
            out.print(address_of(settings) + people.make_reset_link(store, email=email, who=_who(), now=now()))

    return _do(work)


@user.command(name="list")
@json_option
def list_command(as_json: bool) -> int:
    """List accounts and open invitations."""

    def work(store: Store, _settings: Settings) -> None:
        found = people.list_people(store, now())
        if as_json:
            print_json(_plain(found))
            return
        for one in found.persons:
            account = one.account
            state = "" if account.is_enabled else "  disabled"
            teams = "".join(f"  {team}:{standing.value}" for team, standing in one.teams)
            out.print(f"{account.role.value:<7} {account.email}  {account.name}{teams}{state}", markup=False)
        for invitation in found.invitations:
            until = f"{invitation.expires_at:%Y-%m-%d %H:%M} UTC"
            out.print(f"{invitation.role:<7} {invitation.email}  invited, until {until}", markup=False)
        if not found.persons:
            err.print("nobody has an account yet: `okrhub user link` prints a link that makes the first admin")

    return _do(work)


@user.command()
@click.argument("email")
@click.argument("role", type=role_choice)
def role(email: str, role: str) -> int:
    """Give an account another role."""
    return _do(lambda store, _: people.set_role(store, email=email, role=Role(role), who=_who(), now=now()))


@user.command()
@click.argument("email")
def disable(email: str) -> int:
    """Let an account in no more: sessions end, tokens and links are void, at once."""
    return _do(lambda store, _: people.disable(store, email=email, who=_who(), now=now()))


@user.command()
@click.argument("email")
def enable(email: str) -> int:
    """Let a disabled account in again."""
    return _do(lambda store, _: people.enable(store, email=email, who=_who(), now=now()))


@user.command()
@click.argument("email", required=False)
@click.option("--issuer", default="", help="All accounts that are bound to this issuer: the company has another one.")
def unbind(email: str | None, issuer: str) -> int:
    """Forget by which account of the OpenID Connect issuer EMAIL signs in.

    From the first sign-in on an account is bound to the issuer's own id of its person, so that an address which changes
    hands opens nothing. When the person is the same and the id is another, or the company has another issuer, unbind:
    at the next sign-in the account is found by its verified address once more. Its sessions end.
    """

    def work(store: Store, _settings: Settings) -> None:
        if bool(email) is bool(issuer):
            raise click.UsageError("name an account's e-mail address or an --issuer, not both")
        if email:
            people.unbind(store, email=email, who=_who(), now=now())
        else:
            number = people.unbind_all(store, issuer=issuer, who=_who(), now=now())
            err.print(f"{number} {'account is' if number == 1 else 'accounts are'} bound to no issuer now")

    return _do(work)


@user.command()
@click.argument("email")
@click.option("--name", required=True, help="What the token is for.")
@click.option("--scope", "scopes", multiple=True, type=click.Choice([one.value for one in Scope]), default=("read",))
@click.option("--days", type=click.IntRange(1, 365), default=90, show_default=True)
def token(email: str, name: str, scopes: tuple[str, ...], days: int) -> int:
    """Make an API token for an account and print it, this once."""

    def work(store: Store, _settings: Settings) -> None:
        made = people.make_token(
            store,
            email=email.strip().lower(),
            name=name,
            scopes=[Scope(one) for one in scopes],
            lasts=timedelta(days=days),
            who=_who(),
            now=now(),
        )
        out.print(made, markup=False)

    return _do(work)


def _do(work: Callable[[Store, Settings], None]) -> int:
    settings = Settings()
    try:
        work(open_store(settings), settings)
    except Refused as problem:
        complain(str(problem))
        return EXIT_PROBLEM
    return EXIT_CLEAN


def _who() -> str:
    return who_runs("okrhub user")


def who_runs(command: str) -> str:
    """Return whom the audit log names for a command: whoever is at this machine."""
    return f"{os.environ.get('OKRHUB_USER') or getpass.getuser()} ({command})"


def _plain(found: people.People) -> dict[str, Any]:
    return {
        "people": [
            {
                "email": one.account.email,
                "name": one.account.name,
                "role": one.account.role.value,
                "is_enabled": one.account.is_enabled,
                "signed_in_at": one.account.signed_in_at,
                "teams": {team: standing.value for team, standing in one.teams},
            }
            for one in found.persons
        ],
        "invitations": [
            {"email": one.email, "role": one.role, "expires_at": one.expires_at} for one in found.invitations
        ],
    }
