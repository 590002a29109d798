from __future__ import annotations

from hub.flows.show import Filters, show_key_result, show_overview, show_token, show_wall
from hub.model.rights import Role, Viewer
from hub.store import Store
from tests.web.company import DECLARED, NOW
from tests.web.seed import seed

ADMIN = Viewer("ines@acme.test", Role.ADMIN)


def test_every_page_is_gathered_from_either_database(store: Store) -> None:
    seed(store)
    overview = show_overview(store, NOW, ADMIN, Filters())
    assert overview is not None
    assert [count.number for count in overview.counts] == [10, 0, 1, 1, 2]
    assert overview.attention.total == 3
    pages = {one.key: show_key_result(store, one.key, NOW, ADMIN) for one in DECLARED}
    assert [key for key, page in pages.items() if page is None] == []
    merchants = pages["pay-first-time/merchants-live"]
    assert merchants is not None
    assert merchants.big == "19"
    wall = show_wall(store, NOW, ADMIN)
    assert wall is not None
    assert [change.key for change in wall.changes][:2] == ["invoices/playbooks", "invoices/ledger-bugs"]
    assert show_token(store) == overview.frame.token
