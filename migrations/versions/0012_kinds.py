"""Tables of the kinds: what only a document, a procedure … has.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def _line(name: str, length: int = 200) -> sa.Column:
    return sa.Column(name, sa.String(length=length), server_default='', nullable=False)


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text(), server_default='', nullable=False)


def _day(name: str) -> sa.Column:
    return sa.Column(name, sa.Date(), nullable=True)


TABLES = {
    'document_detail': (
        _line('document_number', 80),
        _line('document_type', 40),
        _line('domain'),
        _line('issuing_body'),
        _line('signer'),
        _day('issued_on'),
        _day('effective_on'),
        _day('expires_on'),
    ),
    'consultation_detail': (
        _day('opens_on'),
        _day('closes_on'),
        _line('lead_body'),
        _text('response'),
    ),
    'procedure_detail': (
        _line('code', 60),
        _line('domain'),
        _line('agency'),
        _text('subjects'),
        _text('steps'),
        _text('method'),
        _text('dossier'),
        _line('dossier_count'),
        _text('time_limit'),
        _text('fee'),
        _text('result'),
        _text('conditions'),
        _text('legal_basis'),
        _line('online_level', 20),
        _line('service_url', 1000),
    ),
    'complaint_detail': (
        _line('document_number', 80),
        _day('decided_on'),
        _line('complaint_type', 20),
        _line('agency'),
        _text('result'),
    ),
    'question_detail': (
        _line('asker'),
        _day('asked_on'),
        _text('question'),
        _line('domain'),
        _line('answering_body'),
        _day('answered_on'),
    ),
    'task_detail': (
        _line('code', 60),
        _line('level', 20),
        _line('domain'),
        _line('host'),
        _line('leader'),
        _day('starts_on'),
        _day('ends_on'),
        _line('status', 20),
        _text('result'),
    ),
    'page_detail': (
        _line('place', 20),
        sa.Column('position', sa.Integer(), nullable=True),
    ),
}


def upgrade() -> None:
    for name, columns in TABLES.items():
        op.create_table(
            name,
            sa.Column('revision_id', sa.Integer(), nullable=False),
            *columns,
            sa.ForeignKeyConstraint(
                ['revision_id'],
                ['revision.id'],
                name=op.f(f'fk_{name}_revision_id_revision'),
                ondelete='CASCADE',
            ),
            sa.PrimaryKeyConstraint('revision_id', name=op.f(f'pk_{name}')),
        )
    op.create_index('ix_document_detail_issued', 'document_detail', ['issued_on', 'revision_id'])
    op.create_index('ix_consultation_detail_closes', 'consultation_detail', ['closes_on'])


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
