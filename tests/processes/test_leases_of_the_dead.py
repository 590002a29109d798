"""A reader or sender that was killed keeps its lease until the clock's next look, one that may live keeps it on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.clock import free_leases_of_the_dead, tick
from hub.kernel import name_process
from hub.queue import Bell
from hub.store import connections, leases
from hub.store.channels import lease_channel
from tests.flows.house import House
from tests.processes.test_kernel import named_child

HELD = timedelta(seconds=120)


@pytest.fixture
def dead() -> str:
    """The name of a process that has ended."""
    child, name = named_child()
    with child:
        child.kill()
    return name


def hold(house: House, owner: str) -> None:
    with house.store.write() as tx:
        connections.lease(tx, house.connection.id, owner=owner, now=house.clock(), lasts=HELD)
        lease_channel(tx, house.channel("b-hook").id, owner=owner, now=house.clock(), lasts=HELD)


def test_what_a_killed_reader_and_sender_held_is_free_at_the_next_look(house: House, bell: Bell, dead: str) -> None:
    hold(house, f"{dead}/0123456789ab")
    assert tick(house.store, bell, house.clock()).connections == 1
    with house.store.read() as tx:
        assert leases.held_leases(tx) == []


def test_what_a_living_process_holds_stays_held(house: House, bell: Bell) -> None:
    hold(house, f"{name_process()}/0123456789ab")
    assert tick(house.store, bell, house.clock()).connections == 0
    with house.store.read() as tx:
        assert len(leases.held_leases(tx)) == 2


def test_what_a_process_on_another_machine_holds_runs_out_in_its_time(house: House, bell: Bell, dead: str) -> None:
    hold(house, f"ffffffffffff:{dead.partition(':')[2]}/0123456789ab")
    assert tick(house.store, bell, house.clock()).connections == 0
    house.clock.pass_(seconds=121)
    assert tick(house.store, bell, house.clock()).connections == 1


def test_a_lease_that_somebody_else_has_taken_meanwhile_stays_theirs(house: House, dead: str) -> None:
    hold(house, dead)
    with house.store.read() as tx:
        found = [lease for lease in leases.held_leases(tx) if lease.table == "connections"]
    house.clock.pass_(seconds=121)
    with house.store.write() as tx:
        assert connections.lease(tx, house.connection.id, owner="next", now=house.clock(), lasts=HELD)
    with house.store.write() as tx:
        assert [leases.free_lease(tx, lease) for lease in found] == [False]
    assert house.connection.leased_until is not None


def test_a_reader_whose_lease_was_freed_can_store_nothing_more(house: House, dead: str) -> None:
    hold(house, dead)
    assert free_leases_of_the_dead(house.store) == 2
    with house.store.write() as tx:
        assert not connections.renew_lease(tx, house.connection.id, owner=dead, now=house.clock(), lasts=HELD)
