"""The vocabulary of Northwind Robotics: its people, and what its work is called."""

from __future__ import annotations

from collections.abc import Mapping

PEOPLE: Mapping[str, tuple[str, ...]] = {
    "PAY": ("Mira Okafor", "Tom Bauer", "Lena Fischer", "Ravi Menon", "Claire Dubois", "Emeka Obi"),
    "GRO": ("Jonas Weber", "Anna Novak", "Paula Silva", "Kenji Ito", "Sara Lind"),
    "PLA": ("Sofia Lindqvist", "Daniel Reyes", "Hana Kim", "Piotr Zielinski", "Amina Haddad", "Luca Moretti"),
    "INC": ("Daniel Reyes", "Sofia Lindqvist", "Hana Kim", "Amina Haddad"),
}
OPERATIONS = ("Ines Carvalho", "Daniel Reyes", "Bruno Keller", "Yara Haddad")
PROJECTS: Mapping[str, str] = {
    "PAY": "Payments",
    "GRO": "Growth",
    "PLA": "Platform",
    "INC": "Incidents",
}
HOURS_FIELD, MINUTES_FIELD = (10051, "Hours to first reply"), (10052, "Minutes to restore")

MERCHANTS = (
    "Alder Logistics", "Brightwater Cold Chain", "Caro Warehousing", "Delta Parcel", "Eastgate Retail", "Fjord Pharma",
    "Granit Tools", "Harbour Fresh", "Isarwerk", "Jansen Freight", "Kestrel Grocers", "Lumen Electronics",
    "Mistral Wine", "Norden Books",
)  # fmt: skip
PLAYBOOKS = (
    "Card settlements against the bank statement", "SEPA direct debit returns", "Chargebacks in dispute",
    "Refunds split over two invoices", "Marketplace payouts", "Currency rounding differences", "Late bank files",
    "Duplicate remittance advice", "Credit notes older than a year", "Cash pooling transfers",
    "Partial payments by instalment", "Escrow releases",
)  # fmt: skip
PILOTS = (
    "Aachen hospital", "Bergen fish market", "Cork distribution hub", "Dresden chip fab", "Eindhoven airport",
    "Falun paper mill", "Gent brewery", "Halle parcel centre", "Innsbruck ski depot", "Jena optics", "Kiel shipyard",
    "Linz steelworks", "Malmö cold store", "Nantes bakery", "Oulu data centre", "Porto cork plant", "Quimper dairy",
    "Rostock grain port", "Siena winery", "Trieste coffee terminal", "Ulm pharmacy hub", "Vigo cannery",
    "Wels food depot", "Zagreb tram works",
)  # fmt: skip
STUDIES = (
    "How Eindhoven airport runs 40 robots with two people", "Night shifts without a night shift: Halle",
    "What Cork saved on battery swaps", "From pilot to fleet in nine weeks", "A cold store that answers its own alarms",
    "Paying per mission instead of per robot", "The brewery that never waits for pallets",
    "Safety sign-off in one afternoon", "Three sites, one fleet console", "Why Linz replaced its own dispatcher",
)  # fmt: skip
SERVICES = (
    "mission-planner", "route-solver", "charge-scheduler", "dock-control", "telemetry-intake", "fleet-console",
    "billing-meter", "invoice-writer", "identity", "device-registry", "firmware-rollout", "map-store", "zone-editor",
    "alarm-router", "battery-health", "video-relay", "speech-prompts", "site-gateway", "event-archive",
    "report-builder",
    "partner-api", "webhook-sender", "feature-flags", "secrets-broker", "deploy-runner", "status-page", "search-index",
    "notification-hub", "time-series", "audit-log",
)  # fmt: skip
CHECKOUT_BUGS = (
    "Card form loses the postcode after a failed attempt", "3-D Secure window opens behind the page",
    "Voucher is taken twice when the page is reloaded", "IBAN with spaces is refused",
    "Pay button stays grey on Safari",
    "Wrong currency shown for Norwegian fleets", "Saved card vanishes after an address change",
    "Timeout page offers to pay again after a success", "Receipt mail names the wrong legal entity",
    "Apple Pay sheet shows the price without tax", "Bank redirect returns to an empty basket",
    "Company name with an ampersand breaks the summary", "Invoice option missing for public bodies",
    "Screen reader skips the total", "Two-factor code field refuses pasting", "Retry after decline sends no amount",
)  # fmt: skip
INCIDENTS = (
    "Robots in {} stop at zone borders", "Missions to {} queue but do not start", "{} loses its map after a restart",
    "Dock alarms from {} arrive ten minutes late", "Console shows {} as offline",
    "Battery swaps in {} are not recorded",
    "Payments from {} fail with a gateway time-out", "Firmware roll-out stalls in {}",
)  # fmt: skip
FOLLOW_UPS = (
    "Alert on the queue depth of {}", "Add a load test for {}", "Document the failover of {}", "Cap retries in {}",
    "Move the certificate of {} to automatic renewal", "Rehearse the restore of {}", "Shorten the health check of {}",
)  # fmt: skip
CHANGES = (
    "Split the write path of {}", "Upgrade the driver of {}", "Make {} refuse unknown fields", "Cache lookups in {}",
    "Trace requests through {}", "Drop the old queue of {}", "Rotate keys in {} without a restart",
    "Bound memory in {}",
)  # fmt: skip
PILOT_STEPS = (
    "Agree the success numbers with {}", "Walk the site in {}", "Import the floor plan of {}",
    "Train the shift leads in {}",
    "Connect the warehouse system of {}", "Review week two with {}",
)  # fmt: skip
NIGHT_STEPS = ("Alarms reach the night desk", "Batteries are swapped without a person", "One night without a call")
LEADS = ("Call back {}", "Answer the tender of {}", "Send a site checklist to {}", "Price a three-robot start for {}")
GENERAL: Mapping[str, tuple[str, ...]] = {
    "PAY": (
        "Show the next invoice date on the {} page", "Export {} as CSV", "Explain a declined payment in {}",
        "Translate {} into Polish", "Remember the last choice in {}", "Make {} usable by keyboard alone",
        "Archive {} older than ten years", "Ask before leaving {} unsaved",
    ),
    "GRO": (
        "Rewrite the first screen of {}", "Measure where people leave {}", "Shorten the form in {}",
        "Add a price calculator to {}", "Record a two-minute tour of {}", "Send a reminder three days before {}",
        "Test a second headline on {}", "Let partners share {}",
    ),
    "PLA": (
        "Paginate {} properly", "Delete the dead code in {}", "Describe the limits of {}", "Give {} a dry run",
        "Pin the dependencies of {}", "Make the tests of {} independent of order", "Report the version in {}",
        "Page only for what a person must do in {}",
    ),
    "INC": ("Publish the review of {}", "Correct the status page text for {}", "Tell customers what changed after {}"),
}  # fmt: skip
THINGS: Mapping[str, tuple[str, ...]] = {
    "PAY": (
        "the billing overview", "payment methods", "the credit note list", "usage reports", "the tax settings",
        "the reminder mails", "the refund dialogue", "subscription changes", "the invoice archive", "cost centres",
    ),
    "GRO": (
        "the pricing page", "the trial sign-up", "the partner portal", "the demo calendar", "the newsletter",
        "the fleet calculator", "the integrations page", "the webinar series", "the welcome tour", "the referral page",
    ),
    "PLA": SERVICES,
    "INC": ("the October outage", "the map incident", "the dock failure", "the certificate expiry", "the slow console"),
}  # fmt: skip
EPICS: Mapping[str, tuple[str, ...]] = {
    "PAY": ("New checkout", "Ledger that closes itself", "Self-service billing", "Merchant roll-out"),
    "GRO": ("Pilot playbook", "Faster answers to leads", "A site people find"),
    "PLA": ("Trunk-based flow", "Quiet nights", "Deploy any time"),
    "INC": ("Incident reviews",),
}
