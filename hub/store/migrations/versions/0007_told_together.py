"""letters that are told in one message: what one apply changed

Revision 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.add_column('outbox', sa.Column('told_with', ID, nullable=True))
    op.create_index('ix_outbox_told_with', 'outbox', ['told_with'], unique=False)
