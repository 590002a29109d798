"""webhooks that the hub registers, notes that it writes back, and why an item is gone

Revision 0004, after 0003.
"""

import sqlalchemy as sa
import hub.store.types
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
INSTANT = hub.store.types.Instant


def upgrade() -> None:
    op.add_column('items', sa.Column('gone_because', sa.Text(), nullable=True))

    op.create_table('listeners',
    sa.Column('id', BIG, autoincrement=True, nullable=False),
    sa.Column('connection_id', BIG, nullable=False),
    sa.Column('scopes', sa.Text(), nullable=False),
    sa.Column('due_at', INSTANT(), nullable=True),
    sa.Column('looked_at', INSTANT(), nullable=True),
    sa.Column('rung_until', INSTANT(), nullable=True),
    sa.Column('leased_until', INSTANT(), nullable=True),
    sa.Column('lease_owner', sa.Text(), nullable=True),
    sa.Column('problem', sa.Text(), nullable=False),
    sa.Column('problem_at', INSTANT(), nullable=True),
    sa.ForeignKeyConstraint(['connection_id'], ['connections.id'], name=op.f('fk_listeners_connection_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_listeners')),
    sa.UniqueConstraint('connection_id', name=op.f('uq_listeners_connection_id'))
    )
    op.create_table('subscriptions',
    sa.Column('id', BIG, autoincrement=True, nullable=False),
    sa.Column('connection_id', BIG, nullable=False),
    sa.Column('scope_key', sa.Text(), nullable=False),
    sa.Column('scope_name', sa.Text(), nullable=False),
    sa.Column('base', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('secret', sa.Text(), nullable=False),
    sa.Column('is_learned', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('made_at', INSTANT(), nullable=False),
    sa.Column('expires_at', INSTANT(), nullable=True),
    sa.Column('renew_at', INSTANT(), nullable=True),
    sa.Column('ended_at', INSTANT(), nullable=True),
    sa.Column('problem', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connections.id'], name=op.f('fk_subscriptions_connection_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subscriptions')),
    sa.UniqueConstraint('digest', name=op.f('uq_subscriptions_digest'))
    )
    op.create_index('ix_subscriptions_connection_state', 'subscriptions', ['connection_id', 'state'], unique=False)

    op.create_table('write_backs',
    sa.Column('id', BIG, autoincrement=True, nullable=False),
    sa.Column('key_result_id', BIG, nullable=False),
    sa.Column('connection_id', BIG, nullable=False),
    sa.Column('target', sa.Text(), nullable=False),
    sa.Column('way', sa.Text(), nullable=False),
    sa.Column('field', sa.Text(), nullable=False),
    sa.Column('occasion', sa.Text(), nullable=False),
    sa.Column('archived_at', INSTANT(), nullable=True),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('value', hub.store.types.Exact(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('written_version', sa.Integer(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('is_ambiguous', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('wanted_at', INSTANT(), nullable=True),
    sa.Column('due_at', INSTANT(), nullable=True),
    sa.Column('written_at', INSTANT(), nullable=True),
    sa.Column('said', sa.Text(), nullable=False),
    sa.Column('told_status', sa.Text(), nullable=False),
    sa.Column('receipt', sa.Text(), nullable=False),
    sa.Column('problem', sa.Text(), nullable=False),
    sa.Column('problem_at', INSTANT(), nullable=True),
    sa.Column('rung_until', INSTANT(), nullable=True),
    sa.Column('leased_until', INSTANT(), nullable=True),
    sa.Column('lease_owner', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['connection_id'], ['connections.id'], name=op.f('fk_write_backs_connection_id')),
    sa.ForeignKeyConstraint(['key_result_id'], ['key_results.id'], name=op.f('fk_write_backs_key_result_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_write_backs')),
    sa.UniqueConstraint('key_result_id', 'connection_id', 'target', 'way', 'field',
        name=op.f('uq_write_backs_key_result_id_connection_id_target_way_field'))
    )
    op.create_index('ix_write_backs_connection_id', 'write_backs', ['connection_id'], unique=False)
    op.create_index('ix_write_backs_due', 'write_backs', ['state', 'due_at'], unique=False)
