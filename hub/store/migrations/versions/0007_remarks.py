"""what a tool has people know of a selection

Revision 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('selections', sa.Column('remarks', sa.JSON(), nullable=True))
