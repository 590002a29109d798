"""people and their word: accounts, sessions, tokens, private teams; comments, blockers, pauses

Revision 0002, after 0001.
"""

import sqlalchemy as sa
import hub.store.types
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('accounts',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('password', sa.Text(), nullable=False),
    sa.Column('oidc_issuer', sa.Text(), nullable=False),
    sa.Column('oidc_subject', sa.Text(), nullable=False),
    sa.Column('created_at', hub.store.types.Instant(), nullable=False),
    sa.Column('signed_in_at', hub.store.types.Instant(), nullable=True),
    sa.Column('disabled_at', hub.store.types.Instant(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts')),
    sa.UniqueConstraint('email', name=op.f('uq_accounts_email'))
    )
    op.create_index('uq_accounts_oidc_subject', 'accounts', ['oidc_issuer', 'oidc_subject'], unique=True,
        sqlite_where=sa.text("oidc_subject <> ''"), postgresql_where=sa.text("oidc_subject <> ''"))
    op.create_table('links',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('created_at', hub.store.types.Instant(), nullable=False),
    sa.Column('expires_at', hub.store.types.Instant(), nullable=False),
    sa.Column('used_at', hub.store.types.Instant(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_links')),
    sa.UniqueConstraint('digest', name=op.f('uq_links_digest'))
    )
    op.create_table('refusals',
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('first_at', hub.store.types.Instant(), nullable=False),
    sa.Column('last_at', hub.store.types.Instant(), nullable=False),
    sa.PrimaryKeyConstraint('subject', name=op.f('pk_refusals'))
    )
    op.create_index('ix_refusals_last_at', 'refusals', ['last_at'], unique=False)

    op.create_table('team_members',
    sa.Column('team', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('standing', sa.Text(), nullable=False),
    sa.Column('is_provided', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('team', 'email', name=op.f('pk_team_members'))
    )
    op.create_table('api_tokens',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('hint', sa.Text(), nullable=False),
    sa.Column('scopes', sa.JSON(), nullable=False),
    sa.Column('created_at', hub.store.types.Instant(), nullable=False),
    sa.Column('expires_at', hub.store.types.Instant(), nullable=True),
    sa.Column('used_at', hub.store.types.Instant(), nullable=True),
    sa.Column('revoked_at', hub.store.types.Instant(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_api_tokens_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_tokens')),
    sa.UniqueConstraint('digest', name=op.f('uq_api_tokens_digest'))
    )
    op.create_index(op.f('ix_api_tokens_account_id'), 'api_tokens', ['account_id'], unique=False)

    op.create_table('sessions',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('created_at', hub.store.types.Instant(), nullable=False),
    sa.Column('seen_at', hub.store.types.Instant(), nullable=False),
    sa.Column('expires_at', hub.store.types.Instant(), nullable=False),
    sa.Column('agent', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_sessions_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sessions')),
    sa.UniqueConstraint('digest', name=op.f('uq_sessions_digest'))
    )
    op.create_index(op.f('ix_sessions_account_id'), 'sessions', ['account_id'], unique=False)

    op.create_table('comments',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('key_result_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at', hub.store.types.Instant(), nullable=False),
    sa.Column('author', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('given_as', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['key_result_id'], ['key_results.id'], name=op.f('fk_comments_key_result_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_comments')),
    sa.UniqueConstraint('key_result_id', 'given_as', name=op.f('uq_comments_key_result_id_given_as'))
    )
    op.create_index(op.f('ix_comments_key_result_id'), 'comments', ['key_result_id'], unique=False)

    op.add_column('measurements', sa.Column('stands', sa.Boolean(), server_default=sa.true(), nullable=False))

    op.add_column('check_ins', sa.Column('blockers', sa.Text(), server_default=sa.text("''"), nullable=False))

    op.add_column('key_results', sa.Column('automatic_value', hub.store.types.Exact(), nullable=True))
    op.add_column('key_results', sa.Column('automatic_at', hub.store.types.Instant(), nullable=True))
    # What a tool said last is the value that stands: until now nothing else could.
    op.execute(
        "UPDATE key_results SET automatic_value = value, automatic_at = measured_at "
        "WHERE id IN (SELECT key_result_id FROM rules WHERE is_current)"
    )
    op.add_column('key_results', sa.Column('paused_at', hub.store.types.Instant(), nullable=True))
    op.add_column('key_results', sa.Column('paused_by', sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column('key_results', sa.Column('pause_note', sa.Text(), server_default=sa.text("''"), nullable=False))

    op.add_column('teams', sa.Column('is_private', sa.Boolean(), server_default=sa.false(), nullable=False))
