"""`python -m bench.desk PEOPLE`: make a site into one that people work at, for measuring its desk.

Adds accounts until there are so many, and takes a share of the generated posts off the site into
every state that the desk has a list for. Prints the cookie of a chief editor's session.
"""

import random
import sys
from datetime import UTC, datetime

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import func, insert, select, update

from app import create_app
from extensions import db
from models import Publication, Revision, Role, State, User
from services.vietnamese import sort_key

# Of a hundred texts so many; the others stay on the site.
SHARES = {
    State.DRAFT: 4,
    State.NEEDS_CHANGES: 2,
    State.AWAITING_EDIT: 2,
    State.IN_EDIT: 1,
    State.AWAITING_APPROVAL: 2,
    State.APPROVED: 1,
    State.REJECTED: 1,
}


def add_people(wanted: int) -> None:
    """Contributors of every unit, until there are so many accounts."""
    unit_ids = db.session.scalars(select(User.unit_id).distinct()).all()
    taken = db.session.scalar(select(func.count(User.id))) or 0
    people = [
        {
            "username": f"cong.tac.vien.{number}",
            "full_name": f"Trần Thị Cộng Tác {number}",
            "sort_key": sort_key(f"Trần Thị Cộng Tác {number}"),
            "email": "",
            "password_hash": "!",
            "session_token": f"bench-{number}",
            "role": Role.CONTRIBUTOR,
            "unit_id": unit_ids[number % len(unit_ids)],
            "created_at": datetime.now(UTC),
        }
        for number in range(taken, wanted)
    ]
    if people:
        db.session.execute(insert(User), people)


def put_to_work(*, after: int = 0) -> None:
    """Give each state its share of the texts that came after one, the same ones for the same
    number of texts."""
    newer = select(Publication.id).where(Publication.id > after).order_by(Publication.id)
    ids = list(db.session.scalars(newer))
    random.Random(1).shuffle(ids)
    hundredth = len(ids) / 100
    start = 0.0
    for state, share in SHARES.items():
        chosen = ids[round(start) : round(start + share * hundredth)]
        start += share * hundredth
        db.session.execute(
            update(Publication)
            .where(Publication.id.in_(chosen))
            .values(live_revision_id=None, published_at=None),
            execution_options={"synchronize_session": False},
        )
        db.session.execute(
            update(Revision).where(Revision.publication_id.in_(chosen)).values(state=state),
            execution_options={"synchronize_session": False},
        )


def cookie_of_a_chief(app: Flask) -> str:
    """A session as the login form gives it, without the second that a password takes."""
    chief = db.session.scalars(
        select(User).where(User.role == Role.CHIEF, User.is_active).order_by(User.id)
    ).first()
    assert chief is not None, "the demonstration has a chief editor"
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None, "the site has a key"
    session = {"_user_id": chief.get_id(), "_fresh": True}
    return f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps(session)}"


def main() -> None:
    app = create_app()
    with app.app_context():
        add_people(int(sys.argv[1]))
        put_to_work()
        db.session.commit()
        print(cookie_of_a_chief(app))


if __name__ == "__main__":
    main()
