"""The desk: remarks, presence, notifications, mail, preview links, administration, link checks.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('link',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('url', sa.String(length=2000), nullable=False),
    sa.Column('url_hash', sa.String(length=64), nullable=False),
    sa.Column('host', sa.String(length=253), server_default='', nullable=False),
    sa.Column('checked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('next_check_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('status', sa.Integer(), nullable=True),
    sa.Column('error', sa.String(length=300), server_default='', nullable=False),
    sa.Column('failures', sa.Integer(), server_default='0', nullable=False),
    sa.Column('broken_since', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_link')),
    sa.UniqueConstraint('url_hash', name=op.f('uq_link_url_hash'))
    )
    with op.batch_alter_table('link') as batch_op:
        batch_op.create_index(batch_op.f('ix_link_broken_since'), ['broken_since'], unique=False)
        batch_op.create_index(batch_op.f('ix_link_next_check_at'), ['next_check_at'], unique=False)

    op.create_table('outbox_mail',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('to_address', sa.String(length=254), nullable=False),
    sa.Column('to_name', sa.String(length=120), server_default='', nullable=False),
    sa.Column('subject', sa.String(length=300), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('message_id', sa.String(length=120), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('next_try_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('tries', sa.Integer(), server_default='0', nullable=False),
    sa.Column('last_error', sa.String(length=500), server_default='', nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failed_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox_mail')),
    sa.UniqueConstraint('message_id', name=op.f('uq_outbox_mail_message_id'))
    )
    with op.batch_alter_table('outbox_mail') as batch_op:
        batch_op.create_index(batch_op.f('ix_outbox_mail_next_try_at'), ['next_try_at'], unique=False)

    op.create_table('section_alias',
    sa.Column('slug', sa.String(length=120), nullable=False),
    sa.Column('section_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['section_id'], ['section.id'], name=op.f('fk_section_alias_section_id_section'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('slug', name=op.f('pk_section_alias'))
    )
    with op.batch_alter_table('section_alias') as batch_op:
        batch_op.create_index(batch_op.f('ix_section_alias_section_id'), ['section_id'], unique=False)

    op.create_table('unit_target',
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('month_on', sa.Date(), nullable=False),
    sa.Column('posts', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_unit_target_unit_id_unit'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('unit_id', 'month_on', name=op.f('pk_unit_target'))
    )
    op.create_table('account_token',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('purpose', sa.Enum('invite', 'reset', name='token_purpose', native_enum=False, length=32), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['user_account.id'], name=op.f('fk_account_token_created_by_id_user_account')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_account_token_user_id_user_account'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account_token')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_account_token_token_hash'))
    )
    with op.batch_alter_table('account_token') as batch_op:
        batch_op.create_index(batch_op.f('ix_account_token_user_id'), ['user_id'], unique=False)

    op.create_table('audit_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('action', sa.String(length=60), nullable=False),
    sa.Column('subject', sa.String(length=40), nullable=False),
    sa.Column('subject_key', sa.String(length=80), nullable=False),
    sa.Column('subject_name', sa.String(length=300), server_default='', nullable=False),
    sa.Column('changes', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['user_account.id'], name=op.f('fk_audit_event_actor_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_event'))
    )
    with op.batch_alter_table('audit_event') as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_event_actor_id'), ['actor_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_audit_event_at'), ['at'], unique=False)
        batch_op.create_index('ix_audit_event_subject', ['subject', 'subject_key', 'id'], unique=False)

    op.create_table('unit_contact',
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_unit_contact_unit_id_unit'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_unit_contact_user_id_user_account'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('unit_id', 'user_id', name=op.f('pk_unit_contact'))
    )
    op.create_table('link_use',
    sa.Column('publication_id', sa.Integer(), nullable=False),
    sa.Column('link_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['link_id'], ['link.id'], name=op.f('fk_link_use_link_id_link'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['publication_id'], ['publication.id'], name=op.f('fk_link_use_publication_id_publication'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('publication_id', 'link_id', name=op.f('pk_link_use'))
    )
    with op.batch_alter_table('link_use') as batch_op:
        batch_op.create_index(batch_op.f('ix_link_use_link_id'), ['link_id'], unique=False)

    op.create_table('notification',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('event', sa.String(length=40), nullable=False),
    sa.Column('publication_id', sa.Integer(), nullable=True),
    sa.Column('sentence', sa.String(length=500), nullable=False),
    sa.Column('detail', sa.String(length=2000), server_default='', nullable=False),
    sa.Column('address', sa.String(length=300), server_default='', nullable=False),
    sa.Column('once_key', sa.String(length=120), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('mailed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['publication_id'], ['publication.id'], name=op.f('fk_notification_publication_id_publication'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_notification_user_id_user_account'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification')),
    sa.UniqueConstraint('user_id', 'once_key', name=op.f('uq_notification_user_id'))
    )
    with op.batch_alter_table('notification') as batch_op:
        batch_op.create_index('ix_notification_mailed', ['mailed_at', 'id'], unique=False)
        batch_op.create_index('ix_notification_user', ['user_id', 'read_at', 'id'], unique=False)

    op.create_table('presence',
    sa.Column('publication_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('is_writing', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['publication_id'], ['publication.id'], name=op.f('fk_presence_publication_id_publication'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_presence_user_id_user_account'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('publication_id', 'user_id', name=op.f('pk_presence'))
    )
    with op.batch_alter_table('presence') as batch_op:
        batch_op.create_index(batch_op.f('ix_presence_seen_at'), ['seen_at'], unique=False)

    op.create_table('preview_link',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('publication_id', sa.Integer(), nullable=False),
    sa.Column('note', sa.String(length=200), server_default='', nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['user_account.id'], name=op.f('fk_preview_link_created_by_id_user_account')),
    sa.ForeignKeyConstraint(['publication_id'], ['publication.id'], name=op.f('fk_preview_link_publication_id_publication'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_preview_link'))
    )
    with op.batch_alter_table('preview_link') as batch_op:
        batch_op.create_index(batch_op.f('ix_preview_link_publication_id'), ['publication_id'], unique=False)

    op.create_table('remark',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('publication_id', sa.Integer(), nullable=False),
    sa.Column('revision_id', sa.Integer(), nullable=False),
    sa.Column('block', sa.Integer(), nullable=False),
    sa.Column('quote', sa.String(length=200), server_default='', nullable=False),
    sa.Column('text', sa.String(length=2000), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('resolved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('resolved_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_remark_by_id_user_account')),
    sa.ForeignKeyConstraint(['publication_id'], ['publication.id'], name=op.f('fk_remark_publication_id_publication'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['resolved_by_id'], ['user_account.id'], name=op.f('fk_remark_resolved_by_id_user_account')),
    sa.ForeignKeyConstraint(['revision_id'], ['revision.id'], name=op.f('fk_remark_revision_id_revision'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_remark'))
    )
    with op.batch_alter_table('remark') as batch_op:
        batch_op.create_index(batch_op.f('ix_remark_publication_id'), ['publication_id'], unique=False)

    op.create_table('revision_file',
    sa.Column('revision_id', sa.Integer(), nullable=False),
    sa.Column('media_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), server_default='0', nullable=False),
    sa.Column('label', sa.String(length=300), server_default='', nullable=False),
    sa.ForeignKeyConstraint(['media_id'], ['media.id'], name=op.f('fk_revision_file_media_id_media'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['revision_id'], ['revision.id'], name=op.f('fk_revision_file_revision_id_revision'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('revision_id', 'media_id', name=op.f('pk_revision_file'))
    )
    with op.batch_alter_table('revision_file') as batch_op:
        batch_op.create_index(batch_op.f('ix_revision_file_media_id'), ['media_id'], unique=False)

    op.add_column('media', sa.Column('kind', sa.Enum('picture', 'file', name='media_kind', native_enum=False, length=32), server_default='picture', nullable=False))
    op.add_column('media', sa.Column('focus_x', sa.Integer(), server_default='50', nullable=False))
    op.add_column('media', sa.Column('focus_y', sa.Integer(), server_default='50', nullable=False))
    op.add_column('media', sa.Column('version', sa.Integer(), server_default='1', nullable=False))
    op.add_column('media', sa.Column('replaced_at', sa.DateTime(timezone=True), nullable=True))

    op.add_column('publication', sa.Column('review_on', sa.Date(), nullable=True))

    op.add_column('unit', sa.Column('monthly_target', sa.Integer(), server_default='0', nullable=False))

    op.add_column('user_account', sa.Column('notify_by', sa.Enum('at_once', 'digest', 'site_only', name='notify_by', native_enum=False, length=32), server_default='at_once', nullable=False))

def downgrade() -> None:
    # Not in batch mode: that would make SQLite's tables anew, and drop the rows that name them.
    op.drop_column('user_account', 'notify_by')

    op.drop_column('unit', 'monthly_target')

    op.drop_column('publication', 'review_on')

    op.drop_column('media', 'replaced_at')
    op.drop_column('media', 'version')
    op.drop_column('media', 'focus_y')
    op.drop_column('media', 'focus_x')
    op.drop_column('media', 'kind')

    op.drop_table('revision_file')
    op.drop_table('remark')
    op.drop_table('preview_link')
    op.drop_table('presence')
    op.drop_table('notification')
    op.drop_table('link_use')
    op.drop_table('unit_contact')
    op.drop_table('audit_event')
    op.drop_table('account_token')
    op.drop_table('unit_target')
    op.drop_table('section_alias')
    op.drop_table('outbox_mail')
    op.drop_table('link')
