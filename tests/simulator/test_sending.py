"""Messages by a template: who may be sent one, what is refused, and how the account learns what became of it."""

from collections.abc import Iterator

import pytest
import requests

from simulator import Fault, Telling, Template, When, World
from simulator.accounts import Accounts
from simulator.main import running
from simulator.phone import Person
from tests.simulator.honest import ACCOUNTS, Echo, Sundial

CARD = Template.of("change", "tpl-change", "template", {"thing1": "title", "time2": "when"})
NOTICE = Template.of("activity", "tpl-activity", "subscription", {"thing1": "title"})
STUDY = Template.of("study", "tpl-study", "mini", {"thing1": "title"})
SAID = {"thing1": {"value": "主题党日"}, "time2": {"value": "2026年11月27日 14:00"}}
Answer = dict[str, object]


@pytest.fixture
def world(world: World) -> World:
    accounts = Accounts(ACCOUNTS.official_account, ACCOUNTS.mini_program, (CARD, NOTICE, STUDY))
    return World(accounts, world.courier.post, cut=20, clock=world.clock)


@pytest.fixture
def base(world: World) -> Iterator[str]:
    with running(world) as base:
        yield base


@pytest.fixture
def zhang(world: World) -> Person:
    return world.join("张建国", following=True)


def post(world: World, base: str, path: str, **fields: object) -> Answer:
    app = world.accounts.mini_program if path.endswith("subscribe/send") else world.accounts.official_account
    token = world.tokens.fetch_stable(app.app_id).token
    answer: Answer = requests.post(f"{base}{path}?access_token={token}", json=fields, timeout=10).json()
    return answer


def card(world: World, base: str, person: Person, **fields: object) -> Answer:
    asked = {"touser": person.openid, "template_id": CARD.id, "data": SAID, **fields}
    return post(world, base, "/cgi-bin/message/template/send", **asked)


def notice(world: World, base: str, person: Person, **fields: object) -> Answer:
    asked = {"touser": person.openid, "template_id": NOTICE.id, "data": {"thing1": {"value": "学习"}}, **fields}
    return post(world, base, "/cgi-bin/message/subscribe/bizsend", **asked)


def test_a_card_reaches_a_follower_and_its_fate_is_told_when_asked_for(
    world: World, base: str, zhang: Person, echo: Echo
) -> None:
    msgid = card(world, base, zhang, url="http://127.0.0.1/h5/")["msgid"]
    (shown,) = world.received(zhang)
    assert (shown.topic, shown.data["time2"], int(shown.msgid)) == ("change", "2026年11月27日 14:00", msgid)
    line = world.journal.last(zhang.id)
    assert line is not None
    assert line.text.split("\n")[1:] == ["事项：主题党日", "时间：2026年11月27日 14:00", "http://127.0.0.1/h5/"]
    assert not echo.seen
    assert world.outcomes.deliver() == 1
    assert echo.seen[0] | {"Event": "TEMPLATESENDJOBFINISH", "MsgID": str(msgid), "Status": "success"} == echo.seen[0]
    assert not world.complaints
    zhang.unfollows()
    assert card(world, base, zhang)["errcode"] == 43004
    assert card(world, base, zhang, touser=zhang.mini_openid)["errcode"] == 40003
    assert card(world, base, zhang, template_id=NOTICE.id)["errcode"] == 40037


def test_one_client_msg_id_is_one_message_for_ten_minutes(
    world: World, base: str, zhang: Person, sundial: Sundial
) -> None:
    world.faults.plan("/cgi-bin/message/template/send", Fault(status=502, after=True))
    with pytest.raises(requests.JSONDecodeError):  # taken, and the answer is lost
        card(world, base, zhang, client_msg_id="n1")
    again = [card(world, base, zhang, client_msg_id="n1")["msgid"] for _ in range(2)]
    assert again == [int(one.msgid) for one in world.received(zhang)] * 2
    assert world.cards.calls["n1"] == 3
    card(world, base, zhang, client_msg_id="n2")
    sundial.wait(601)
    card(world, base, zhang, client_msg_id="n1")
    assert [one.client_msg_id for one in world.received(zhang)] == ["n1", "n2", "n1"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("thing1", "长" * 21),
        ("thing1", ""),
        ("thing1", "两\n行"),
        ("time2", "下午两点"),
        ("time2", "11月27日 14:00"),
        ("thing9", "多余"),
    ],
)
def test_a_field_that_does_not_fit_is_named(world: World, base: str, zhang: Person, key: str, value: str) -> None:
    answer = card(world, base, zhang, data={**SAID, key: {"value": value}})
    assert answer["errcode"] == 47003
    assert f"data.{key}" in str(answer["errmsg"])
    assert card(world, base, zhang, data={"thing1": SAID["thing1"]})["errcode"] == 47003
    assert not world.received(zhang)


def test_a_notice_takes_one_consent_and_its_event_alone_names_it(
    world: World, base: str, zhang: Person, echo: Echo
) -> None:
    assert notice(world, base, zhang)["errcode"] == 43101
    zhang.accepts("activity", 2)
    zhang.answers({"activity": False})
    assert [row["SubscribeMsgPopupEvent"] for row in echo.seen] == [
        {"List": {"TemplateId": NOTICE.id, "SubscribeStatusString": said, "PopupScene": "1"}}
        for said in ("accept", "accept", "reject")
    ]
    assert echo.seen[0]["CreateTime"] != echo.seen[1]["CreateTime"]
    assert notice(world, base, zhang).keys() == {"errcode", "errmsg"}
    assert zhang.credits("activity") == 1
    world.outcomes.deliver()
    assert echo.seen[-1]["SubscribeMsgSentEvent"] == {
        "List": {"TemplateId": NOTICE.id, "MsgID": world.cards.all[0].msgid, "ErrorCode": "0", "ErrorStatus": "success"}
    }
    zhang.refuses(NOTICE.id)
    assert echo.seen[-1]["Event"] == "subscribe_msg_change_event"
    assert notice(world, base, zhang)["errcode"] == 43101
    zhang.accepts("activity")
    zhang.unfollows()
    assert zhang.credits("activity") == 0
    assert not world.complaints


def test_the_mini_programs_messages_ask_for_no_following(world: World, base: str) -> None:
    person = world.join("李秀英")
    asked = {"touser": person.mini_openid, "template_id": STUDY.id, "data": {"thing1": {"value": "学习"}}}
    path = "/cgi-bin/message/subscribe/send"
    assert post(world, base, path, **asked)["errcode"] == 43101
    person.accepts("study", 2)
    assert post(world, base, path, **asked, page="pages/quiz?from=notice")["errcode"] == 0
    assert post(world, base, path, **asked, page="/pages/quiz")["errcode"] == 41030
    assert (person.credits("study"), len(world.received(person))) == (1, 1)


def test_a_fate_may_be_told_early_twice_never_or_be_a_bad_one(
    world: World, base: str, zhang: Person, echo: Echo
) -> None:
    world.outcomes.plan(Telling(When.BEFORE))
    card(world, base, zhang)
    assert len(echo.seen) == 1
    world.outcomes.plan(Telling(When.HELD, copies=2))
    world.outcomes.plan(Telling(When.NEVER))
    world.outcomes.plan(Telling(When.HELD, failed="user block"))
    for _ in range(3):
        card(world, base, zhang)
    assert world.outcomes.deliver(shuffled=True) == 2
    told = [str(one["Status"]) for one in echo.seen[1:]]
    assert sorted(told) == ["failed:user block", "success", "success"]
    assert len(world.received(zhang)) == 3
    world.outcomes.usual = Telling(When.SOON)
    card(world, base, zhang)
    for _ in range(5):
        assert echo.arrivals.acquire(timeout=10)
    world.outcomes.sometimes(1.0, Telling(When.NEVER))
    card(world, base, zhang)
    assert world.outcomes.deliver() == 0
    world.outcomes.forgive()


def test_trouble_at_random_repeats_from_its_seed(world: World, base: str, zhang: Person) -> None:
    def codes(seed: int) -> list[object]:
        world.faults.random.seed(seed)
        return [card(world, base, zhang)["errcode"] for _ in range(12)]

    world.faults.sometimes("/cgi-bin/message/template/send", 0.5, Fault(errcode=45011))
    assert codes(1) == codes(1)
    assert {0, 45011} == set(codes(1))
    world.faults.forgive()
    assert set(codes(1)) == {0}
