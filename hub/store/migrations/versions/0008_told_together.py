"""letters that are told in one message: what one apply changed

Revision 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.add_column('outbox', sa.Column('told_with', ID, nullable=True))
    op.create_index('ix_outbox_told_with', 'outbox', ['told_with'], unique=False)
