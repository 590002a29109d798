"""items keep their fields by the tool's ids, what cannot be read, and instants by which they are due

Every selection is resolved and read anew: what is stored is by the names that rules had, and says nothing of ids.
Until then what stands keeps standing.

Revision 0005, after 0004.
"""

import sqlalchemy as sa
import hub.store.types
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('items', sa.Column('due_at', hub.store.types.Instant(), nullable=True))
    op.add_column('items', sa.Column('unreadable', sa.JSON(), nullable=True))
    with op.batch_alter_table('items') as items:
        items.drop_column('points')
    op.add_column('selections', sa.Column('refs', sa.JSON(), nullable=True))
    op.add_column('selections', sa.Column('aliases', sa.JSON(), nullable=True))
    op.execute("UPDATE items SET fields = '{}'")
    op.execute("UPDATE selections SET joined_at = NULL, cursor = NULL, scope_key = NULL")
