"""Conversations with an honest server in every mode, and what a phone does by itself."""

from datetime import UTC, datetime

import pytest

from simulator import Manner, Mode, NotFollowing, World, wsgi_post
from tests.simulator.honest import ACCOUNTS, Echo, Sundial


@pytest.mark.parametrize("mode", list(Mode))
def test_an_honest_server_is_heard_without_complaint(echo: Echo, mode: Mode) -> None:
    world = World(ACCOUNTS, wsgi_post(echo), cut=20, mode=mode)
    zhang = world.join("张建国")
    zhang.follow().hears("收到")
    zhang.says("签到 & <请假>").hears("收到：签到 & <请假>")
    zhang.speaks("我到了").hears("收到：我到了")
    zhang.sends_picture().hears("image")
    zhang.sends_video().hears("video")
    zhang.sends_location(39.9, 116.3).hears("location")
    zhang.sends_link().hears("link")
    zhang.taps("CHECKIN").hears("event")
    assert world.complaints == []


def test_every_field_reaches_a_foreign_parser(world: World, echo: Echo) -> None:
    zhang = world.join("张建国")
    zhang.follow()
    zhang.event(
        "subscribe_msg_popup_event",
        SubscribeMsgPopupEvent={"List": [{"TemplateId": "a"}, {"TemplateId": "b"}]},
    )
    sent = {"List": [{"TemplateId": "a"}, {"TemplateId": "b"}]}
    assert echo.seen[-1]["SubscribeMsgPopupEvent"] == sent
    zhang.says("好", menu_id="7", at=datetime(2026, 1, 1, tzinfo=UTC), msg_id="42")
    said = echo.seen[-1]
    assert said["FromUserName"] == zhang.openid
    assert (said["bizmsgmenuid"], said["CreateTime"], said["MsgId"]) == ("7", "1767225600", "42")
    zhang.sends_xml("<xml><ToUserName>a</ToUserName><MsgType>future</MsgType></xml>")
    assert echo.seen[-1]["MsgType"] == "future"


def test_a_stranger_follows_by_scanning_and_a_follower_only_scans(world: World, echo: Echo) -> None:
    ticket = world.tickets.create("QR_STR_SCENE", "ck-hall-1-x", 60)
    zhang = world.join("张建国")
    assert zhang.scans(ticket.url, follow=False).deliveries == []
    assert not zhang.following
    zhang.scans(ticket.url)
    assert (echo.seen[-1]["Event"], echo.seen[-1]["EventKey"]) == ("subscribe", "qrscene_ck-hall-1-x")
    zhang.scans(ticket.ticket)
    assert (echo.seen[-1]["Event"], echo.seen[-1]["EventKey"]) == ("SCAN", "ck-hall-1-x")
    assert echo.seen[-1]["Ticket"] == ticket.ticket


def test_a_dead_or_foreign_code_never_reaches_the_server(world: World, sundial: Sundial, echo: Echo) -> None:
    ticket = world.tickets.create("QR_STR_SCENE", "ck-hall-1-x", 60)
    zhang = world.join("张建国")
    zhang.follow()
    heard = len(echo.seen)
    sundial.wait(60)
    assert zhang.scans(ticket.url).notice == "二维码已过期"
    assert "https://example.org/" in zhang.scans("https://example.org/").notice
    assert len(echo.seen) == heard


def test_only_followers_can_write_and_following_twice_is_nothing(world: World, echo: Echo) -> None:
    zhang = world.join("张建国")
    with pytest.raises(NotFollowing):
        zhang.says("签到")
    zhang.follow()
    assert zhang.follow().deliveries == []
    zhang.unfollows()
    assert echo.seen[-1]["Event"] == "unsubscribe"
    with pytest.raises(NotFollowing):
        zhang.says("签到")


def test_the_same_message_comes_again_and_other_people_are_others(world: World, echo: Echo) -> None:
    zhang, li = world.join("张建国"), world.join("李秀英")
    zhang.follow()
    li.follow()
    said = zhang.says("签到", msg_id="5")
    zhang.again(said)
    li.says("签到", msg_id="5")
    first, second, other = echo.seen[-3:]
    assert first == second
    assert other["MsgId"] == first["MsgId"]
    assert other["FromUserName"] != first["FromUserName"]


def test_the_nth_namesake_is_the_same_person_after_a_restart(world: World, echo: Echo) -> None:
    again = World(ACCOUNTS, wsgi_post(echo))
    here = [world.join("张建国").openid, world.join("张建国").openid]
    assert here == [again.join("张建国").openid, again.join("张建国").openid]
    assert here[0] != here[1]
    assert again.people[0].openid != again.people[0].mini_openid


def test_copies_arrive_together_and_each_is_answered(world: World, echo: Echo) -> None:
    zhang = world.join("张建国")
    zhang.follow()
    exchange = zhang.says("签到", manner=Manner(copies=3))
    assert [delivery.text for delivery in exchange.deliveries] == ["收到：签到"] * 3
    assert len({delivery.sent.query["nonce"] for delivery in exchange.deliveries}) == 3
    same = zhang.says("签到", manner=Manner(copies=2, same_stamp=True))
    assert len({delivery.sent.query["nonce"] for delivery in same.deliveries}) == 1
