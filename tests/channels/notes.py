"""Notifications for the channel tests: three that people would see, and a strategy for those they should never."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from connectors.shapes import Notification, Reason, Tone

PAGE = "https://okr.acme.example/key-results/merchants"

AT_RISK = Notification(
    key="change-17/payments",
    kind="status_change",
    headline="At risk, was on track",
    tone=Tone.WARN,
    subject="40 merchants live on the new checkout",
    link=PAGE,
    was="On track",
    now="At risk",
    value="19",
    value_note="of 40 merchants, 21 expected today",
    progress=Decimal("0.475"),
    expected=Decimal("0.533"),
    summary="22 to 19",
    reasons=(Reason("reopened", ref="PAY-429", url="https://acme.atlassian.net/browse/PAY-429", amount="−1"),),
    facts=(("At this pace", "33 by 31 December"), ("Owner", "Mira Okafor"), ("Read", "Jira, 16:40, complete")),
)
ACHIEVED = Notification(
    key="change-18/wins",
    kind="status_change",
    headline="Achieved, 43 days early",
    tone=Tone.DONE,
    subject="12 reconciliation playbooks published",
    link="https://okr.acme.example/key-results/playbooks",
    was="On track",
    now="Achieved",
    value="12",
    value_note="of 12 playbooks",
    progress=Decimal(1),
    expected=Decimal("0.533"),
    summary="11 to 12",
    reasons=(Reason("finished by Ines Duarte", ref="card 12", title="Split settlements", amount="+1"),),
    footnote="Eleven others came from Mira, Ines and Paolo since 5 October.",
)
REOPENED = Notification(
    key="change-19/payments",
    kind="status_change",
    headline="Off track, was achieved",
    tone=Tone.BAD,
    subject="Failed payments",
    link="https://okr.acme.example/key-results/failed-payments",
    was="Achieved",
    now="Off track",
    value="2.1 %",
    value_note="to 1.2 %",
    progress=Decimal("0.12"),
    expected=Decimal("0.58"),
    summary="1.2 % to 2.1 %",
    reasons=(
        Reason("reopened", ref="PAY-429", url="https://acme.atlassian.net/browse/PAY-429", amount="−1"),
        Reason("added to scope", ref="PAY-431", title="Refunds & chargebacks", amount="+3"),
    ),
    more_reasons=12,
)

_NASTY = st.sampled_from(
    [
        "*" * 400, "_" * 400, "[x](https://evil.example)" * 80, "<!channel>" * 300, "<at>Ana</at>" * 200, "&" * 1_200,
        '"' * 1_200, "\\" * 1_200, "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 400, "漢" * 1_200,
        "\n- a\n1. b\n# c" * 200, "\u202eevil\u2066", "\ud800\udfff" * 50, "\x00\x1b[31m\x7f" * 50,
        "{{DATE(2026-11-18T00:00:00Z)}}" * 60,
        "`" * 1_200,
    ]
)  # fmt: skip
_TEXTS = _NASTY | st.text(max_size=60)
_LINKS = st.sampled_from(
    [
        "",
        PAGE,
        "javascript:alert(1)",
        "https://a.example/?" + "&q=1" * 400,
        "https://a.example/" + "&" * 900,
        "http://[",
    ]
)
_SHARES = st.none() | st.sampled_from([Decimal(x) for x in ("NaN", "-Infinity", "1E+999999", "-3", "0", "0.999", "1")])
_REASONS = st.builds(Reason, text=_TEXTS, ref=_TEXTS, title=_TEXTS, url=_LINKS, amount=_TEXTS)

HOSTILE = st.builds(
    Notification,
    key=st.just("change-1/x"),
    kind=st.just("status_change"),
    headline=_TEXTS,
    tone=st.sampled_from(Tone),
    subject=_TEXTS,
    link=_LINKS,
    was=_TEXTS,
    now=_TEXTS,
    value=_TEXTS,
    value_note=_TEXTS | st.just("of 40" + "&" * 500),
    progress=_SHARES,
    expected=_SHARES,
    summary=_TEXTS,
    reasons=st.lists(_REASONS, max_size=14).map(tuple),
    more_reasons=st.integers(-1, 10**6),
    facts=st.lists(st.tuples(_TEXTS, _TEXTS), max_size=12).map(tuple),
    footnote=_TEXTS,
)

# every part as long and as dear to escape as it can be: the worst that could be drawn
HEAVIEST = tuple(
    Notification(
        key="change-1/x",
        kind="status_change",
        headline=part * 1_200,
        tone=Tone.BAD,
        subject=part * 1_200,
        link="https://a.example/" + "&" * 190,
        now="",
        value=part * 1_200,
        value_note=part * 1_200,
        progress=Decimal("0.5"),
        expected=Decimal("0.4"),
        summary=part * 1_200,
        reasons=(Reason(part * 500, ref=part * 500, title=part * 500, url=PAGE, amount=part * 500),) * 40,
        more_reasons=7,
        facts=((part * 1_200, part * 1_200),) * 20,
        footnote=part * 1_200,
    )
    for part in ("\\", '"', "&", "<", "漢", "\U0001f680", "*", "](", "a")
)
