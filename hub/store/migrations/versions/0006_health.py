"""what was held back and why, the words that a rule's items had, and when a read is on schedule

Revision 0006, after 0005.
"""

import sqlalchemy as sa
import hub.store.types
from alembic import op

revision = '0006'
down_revision = "0005"
branch_labels = None
depends_on = None

INSTANT = hub.store.types.Instant


def upgrade() -> None:
    op.add_column('connections', sa.Column('scheduled_at', INSTANT(), nullable=True))
    op.execute('UPDATE connections SET scheduled_at = next_due_at')
    op.add_column('key_results', sa.Column('freshness_code', sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column('key_results', sa.Column('held', sa.JSON(), nullable=True))
    op.add_column('rules', sa.Column('words', sa.JSON(), nullable=True))
