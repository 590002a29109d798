"""connections made on the page, secrets, tokens that are renewed, sign-ins on their way

Revision 0003, after 0002.
"""

import sqlalchemy as sa
import hub.store.types
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    for name in ('name', 'way', 'owner', 'account', 'sees'):
        op.add_column('connections', sa.Column(name, sa.Text(), server_default=sa.text("''"), nullable=False))
    # Until now every connection came from a file.
    op.add_column('connections', sa.Column('is_provided', sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column('connections', sa.Column('chosen', sa.JSON(), nullable=True))
    op.add_column('connections', sa.Column('missing', sa.JSON(), nullable=True))
    op.add_column('connections', sa.Column('checked_at', hub.store.types.Instant(), nullable=True))
    op.add_column('connections', sa.Column('lapses_at', hub.store.types.Instant(), nullable=True))
    op.add_column('connections', sa.Column('warned_days', sa.Integer(), nullable=True))

    op.create_table('secrets',
    sa.Column('connection_id', BIG, nullable=False),
    sa.Column('field', sa.Text(), nullable=False),
    sa.Column('set_at', hub.store.types.Instant(), nullable=False),
    sa.Column('set_by', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connections.id'], name=op.f('fk_secrets_connection_id')),
    sa.PrimaryKeyConstraint('connection_id', 'field', name=op.f('pk_secrets'))
    )
    op.create_table('tokens',
    sa.Column('connection_id', BIG, nullable=False),
    sa.Column('grant', sa.Text(), nullable=False),
    sa.Column('access', sa.Text(), nullable=False),
    sa.Column('refresh', sa.Text(), nullable=True),
    sa.Column('expires_at', hub.store.types.Instant(), nullable=True),
    sa.Column('scopes', sa.JSON(), nullable=False),
    sa.Column('signed_in_at', hub.store.types.Instant(), nullable=False),
    sa.Column('renewed_at', hub.store.types.Instant(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('problem', sa.Text(), nullable=False),
    sa.Column('began_at', hub.store.types.Instant(), nullable=True),
    sa.Column('leased_until', hub.store.types.Instant(), nullable=True),
    sa.Column('lease_owner', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['connection_id'], ['connections.id'], name=op.f('fk_tokens_connection_id')),
    sa.PrimaryKeyConstraint('connection_id', name=op.f('pk_tokens'))
    )
    op.create_table('drafts',
    sa.Column('id', BIG, autoincrement=True, nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('state_digest', sa.Text(), nullable=True),
    sa.Column('connection_id', BIG, nullable=True),
    sa.Column('who', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('created_at', hub.store.types.Instant(), nullable=False),
    sa.Column('expires_at', hub.store.types.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connections.id'], name=op.f('fk_drafts_connection_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_drafts')),
    sa.UniqueConstraint('digest', name=op.f('uq_drafts_digest')),
    sa.UniqueConstraint('state_digest', name=op.f('uq_drafts_state_digest'))
    )
    op.create_index(op.f('ix_drafts_expires_at'), 'drafts', ['expires_at'], unique=False)
