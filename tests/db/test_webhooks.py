"""Webhooks: what a step leaves to be told, who is told by a real server, and where nothing may go."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from gridmap.errors import BadInput, Conflict, NotAllowed, NotFound
from gridmap.services import webhooks
from gridmap.services.actors import SYSTEM
from gridmap.services.webhook_posts import Answer, check_address, post
from tests.db.handled import Desk, open_desk
from tests.receiving import AUTHORITY, Receiver, open_receiver
from tests.working import work_off

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.orm import Session

    from gridmap.db import Database

NOW = datetime(2099, 1, 1, tzinfo=UTC)  # after everything that is due now


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with open_receiver() as receiver:
        yield receiver


def count(database: Database) -> dict[str, int]:
    with database.transaction() as session:
        query = text("SELECT state, count(*) FROM webhook_deliveries GROUP BY state")
        return dict(session.execute(query).all())


def test_a_step_is_told_signed_and_told_again_until_it_is_given_up(
    database: Database, receiver: Receiver
) -> None:
    with database.transaction() as session:
        desk = open_desk(session, session.connection())
        quiet = desk.report()
        with pytest.raises(BadInput):
            webhooks.add_target(session, SYSTEM, receiver.address)
        secret = webhooks.add_target(session, SYSTEM, receiver.address, allow_private=True).secret
        with pytest.raises(Conflict):
            webhooks.add_target(session, SYSTEM, receiver.address, allow_private=True)
        desk.take(quiet, "accept")
    assert count(database) == {"waiting": 1}
    with database.transaction() as session:
        savepoint = session.begin_nested()
        Desk(session, desk.people).take(quiet, "settle", hour=2)
        savepoint.rollback()
    assert count(database) == {"waiting": 1}  # a step that was not taken is not told

    assert webhooks.send_webhooks(database, now=NOW) == 0  # not into a private network
    assert receiver.got == []
    later = NOW + timedelta(hours=1)
    assert webhooks.send_webhooks(database, allow_private=True, now=later) == 1
    headers, body = receiver.got[0]
    moment, said = (part.partition("=")[2] for part in headers["GridMap-Signature"].split(","))
    assert said == hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    told = json.loads(body)
    assert told["id"] == headers["GridMap-Delivery"]
    assert (told["action"], told["from_state"], told["to_state"]) == ("accept", "reported", "accepted")
    assert told["issue"]["id"] == quiet
    assert headers["GridMap-Event"] == "accept"
    assert webhooks.send_webhooks(database, allow_private=True, now=later) == 0

    receiver.status = 302
    with database.transaction() as session:
        Desk(session, desk.people).take(quiet, "settle", hour=3)
    moments = [later]
    for wait in (timedelta(0), *webhooks.WAITS):
        moments.append(moments[-1] + wait)
        assert webhooks.send_webhooks(database, allow_private=True, now=moments[-1]) == 0
        webhooks.send_webhooks(database, allow_private=True, now=moments[-1])  # not before its time
    assert len(receiver.got) == 1 + 1 + len(webhooks.WAITS)
    assert "已修好" not in receiver.got[-1][1].decode()  # the note stays here
    assert count(database) == {"delivered": 1, "dead": 1}
    receiver.status = 200
    with database.transaction() as session:
        row = webhooks.list_targets(session, SYSTEM)[0]
        assert (row.delivered, row.waiting, row.dead, row.answer) == (1, 0, 1, "302")
        assert webhooks.revive_deliveries(session, SYSTEM, row.id) == 1
        with pytest.raises(NotAllowed):
            webhooks.list_targets(session, desk.people["dispatcher"])
    assert webhooks.send_webhooks(database, allow_private=True) == 1
    with database.transaction() as session:
        webhooks.remove_target(session, SYSTEM, row.id)
        with pytest.raises(NotFound):
            webhooks.remove_target(session, SYSTEM, row.id)
    assert count(database) == {}


def test_the_worker_sends_what_a_step_has_called_for(database: Database, receiver: Receiver) -> None:
    with database.transaction() as session:
        desk = open_desk(session, session.connection())
        webhooks.add_target(session, SYSTEM, receiver.address, actions=["accept"], allow_private=True)
        issue = desk.report()
        desk.walk(issue, "accept settle")
    work_off(database)
    # The worker of this test may not go into private networks: it tried, and will again.
    assert count(database) == {"waiting": 1}
    with database.transaction() as session:
        assert webhooks.list_targets(session, SYSTEM)[0].answer == "webhook_private"


def test_an_address_switched_off_is_told_nothing_until_it_is_on_again(
    database: Database, receiver: Receiver
) -> None:
    with database.transaction() as session:
        desk = open_desk(session, session.connection())
        issue = desk.report()
        number = webhooks.add_target(session, SYSTEM, receiver.address, allow_private=True).id
        desk.take(issue, "accept")
        webhooks.switch_target(session, SYSTEM, number, is_on=False)
        Desk(session, desk.people).take(issue, "settle", hour=2)
        with pytest.raises(Conflict):
            webhooks.send_trial(session, SYSTEM, number)
        row = webhooks.list_targets(session, SYSTEM)[0]
        assert (row.is_on, row.waiting, row.answer, row.tried_at) == (False, 1, None, None)
    assert webhooks.send_webhooks(database, allow_private=True, now=NOW) == 0  # what waits goes on waiting
    with database.transaction() as session:
        webhooks.switch_target(session, SYSTEM, number, is_on=True)
    assert webhooks.send_webhooks(database, allow_private=True, now=NOW) == 1
    assert [json.loads(body)["action"] for _, body in receiver.got] == ["accept"]
    with database.transaction() as session:
        webhooks.send_trial(session, SYSTEM, number)
    assert webhooks.send_webhooks(database, allow_private=True, now=NOW) == 1
    told = json.loads(receiver.got[1][1])
    assert told.keys() == {"id", "action", "at"}
    assert told["action"] == receiver.got[1][0]["GridMap-Event"] == "trial"
    with database.transaction() as session:
        row = webhooks.list_targets(session, SYSTEM)[0]
        assert (row.delivered, row.waiting, row.next_at, row.answer) == (2, 0, None, "200")
        assert row.tried_at == NOW
        audited = text("SELECT action FROM audit_entries WHERE subject = 'webhook' ORDER BY id")
        actions = session.scalars(audited).all()
        assert actions == ["created", "switched off", "switched on", "tried"]


def _post(address: str) -> Answer:
    return post(address, "secret", b"{}", delivery="1", event="trial", allow_private=True)


def test_https_goes_where_the_authority_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with open_receiver(is_safe=True) as safe:
        answer = _post(safe.address)
        assert not answer.is_taken
        assert answer.words == "certificate: unable to get local issuer certificate"
        assert safe.got == []  # not a byte of it was told
        monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY))
        assert _post(safe.address) == Answer(True, "200")
        assert len(safe.got) == 1
        safe.status = 302
        assert _post(safe.address) == Answer(False, "302")
        assert len(safe.got) == 2  # and nobody asked for what it led to
        refused = post(safe.address, "secret", b"{}", delivery="1", event="trial", allow_private=False)
        assert refused == Answer(False, "webhook_private")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nowhere.pem"))
        assert _post(safe.address).words.startswith("certificate: ")
        assert len(safe.got) == 2


def test_a_certificate_for_another_place_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY))
    with open_receiver("127.0.0.2", is_safe=True) as elsewhere:
        answer = _post(elsewhere.address)
        assert not answer.is_taken
        assert answer.words.startswith("certificate: IP address mismatch")
        assert elsewhere.got == []


def test_no_tls_where_https_was_asked_for_is_no_answer(receiver: Receiver) -> None:
    answer = _post(receiver.address.replace("http://", "https://"))
    assert (answer.is_taken, answer.words, receiver.got) == (False, "SSLError", [])


def test_what_a_distrusted_receiver_answers_is_kept(database: Database) -> None:
    with open_receiver(is_safe=True) as safe:
        with database.transaction() as session:
            number = webhooks.add_target(session, SYSTEM, safe.address, allow_private=True).id
            webhooks.send_trial(session, SYSTEM, number)
        assert webhooks.send_webhooks(database, allow_private=True) == 0
    with database.transaction() as session:
        row = webhooks.list_targets(session, SYSTEM)[0]
        assert (row.waiting, row.answer) == (1, "certificate: unable to get local issuer certificate")
        assert row.next_at - row.tried_at == webhooks.WAITS[0]


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/",
        "http://localhost:8000/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://10.1.2.3/",
        "http://192.168.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://100.64.0.1/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://224.0.0.1/",
        "http://user:password@example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://",
        "http://exa mple.org/",
        "http://example.org:99999/",
        "http://\u4f8b\u5b50/",
        "http://example.org/\r\nX: y",
    ],
)
def test_where_nothing_may_go(address: str) -> None:
    with pytest.raises(BadInput) as refused:
        check_address(address, allow_private=False)
    assert refused.value.fields[0].reason in {"webhook_address", "webhook_private"}


def test_unknown_actions_are_refused(session: Session) -> None:
    with pytest.raises(BadInput) as refused:
        webhooks.add_target(session, SYSTEM, "http://127.0.0.1/", actions=["cheer"], allow_private=True)
    assert refused.value.fields[0].value == "cheer"
