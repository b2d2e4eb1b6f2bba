"""帮助, the menu, voice, pictures, and what is said when nothing was understood."""

from typing import Any

import pytest

from bot.dialogues import REGISTRY
from bot.menu import menu
from bot.words import command
from tests.branch import Branch


def test_help_lists_what_can_be_done_and_a_number_starts_it(branch: Branch) -> None:
    branch.meeting()
    zhang = (
        branch.bound("张建国")
        .says("帮助")
        .hears("您想做什么？", "1 签到  2 请假  3 看通知", "4 学习  5 提意见", "6 保密反映  7 我的记录")
    )
    zhang.hears_not("绑定", "批请假")
    zhang.says("1").hears("请看大屏，把6位数字发给我。")
    zhang.says("帮助").hears("您正在“签到”", "取消", "请看大屏")
    zhang.says("取消").hears("已取消")
    zhang.says("？").hears("您想做什么")
    zhang.says("８").hears("1 近期活动")
    zhang.says("1").hears("近期活动：", "11月主题党日", "【正在签到】")


def test_help_for_somebody_not_yet_bound(branch: Branch) -> None:
    stranger = branch.phone("somebody").says("帮助").hears("绑定微信")
    stranger.says("活动").hears("绑定")
    stranger.says("更多").hears("您想做什么")


def test_every_menu_entry_is_a_command(branch: Branch) -> None:
    buttons = menu()["button"]
    assert isinstance(buttons, list)
    assert len(buttons) <= 3
    for top in buttons:
        assert len(top["name"]) <= 4
        assert 1 <= len(top["sub_button"]) <= 5
        for entry in top["sub_button"]:
            assert len(entry["name"]) <= 7
            found = command(entry["key"], REGISTRY.vocabulary)
            assert found is not None
            zhang = branch.phone("somebody").taps(entry["key"])
            assert zhang.reply


def test_the_nearest_command_as_a_question_then_the_telephone(branch: Branch) -> None:
    branch.meeting()
    zhang = branch.bound("张建国").says("签倒").hears("我没听懂", "您是想“签到”吗？")
    zhang.says("1").hears("请看大屏")
    zhang.says("取消")
    zhang.says("今天天气怎么样").hears("我没听懂").hears_not("0500-0000000")
    zhang.says("明天呢").hears("0500-0000000")


def test_voice_is_text_where_it_was_understood(branch: Branch) -> None:
    branch.meeting()
    zhang = branch.bound("张建国")
    zhang.speaks("签到。").hears("我听到：签到", "请看大屏")
    zhang.speaks("取消").hears("我听到：取消", "已取消")
    zhang.speaks(None).hears("没听清，请打字")
    zhang.speaks("记录").hears("我听到：记录", "2026年")


def test_a_refused_voice_message_is_echoed_too(branch: Branch) -> None:
    branch.phone("somebody").speaks("记录").hears("我听到：记录", "绑定")


def test_a_picture_gets_one_helpful_sentence(branch: Branch) -> None:
    branch.meeting()
    zhang = branch.bound("张建国")
    zhang.does(zhang.person.sends_picture()).hears("我只看得懂文字，请打字告诉我。")
    zhang.says("签到")
    zhang.does(zhang.person.sends_video()).hears("我只看得懂文字", "请看大屏")


def test_time_out_is_said_in_words_and_the_question_can_be_resumed(branch: Branch) -> None:
    meeting = branch.meeting()
    zhang = branch.bound("张建国").says("签到").hears("请看大屏")
    branch.clock.advance(601)
    zhang.says("好多了").hears("过了10分钟", "签到", "继续")
    zhang.says("继续").hears("接着办“签到”", "请看大屏")
    zhang.says(branch.screen(meeting).number).hears("签到成功")


def test_the_own_record(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    zhang.says("记录").hears("张建国同志，2026年", "应到0次，到会0次", "还没有活动记录")
    zhang.scans(branch.screen(branch.meeting()).code)
    zhang.says("我的记录").hears("应到1次，到会1次", "回复1看明细，回复2看怎么补。")
    zhang.says("1").hears("11-22 11月主题党日 到会")


def test_what_comes_next(branch: Branch) -> None:
    branch.bound("张建国").says("活动").hears("近期没有安排活动")


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("LOCATION", {"Latitude": "31.5", "Longitude": "119.5", "Precision": "30"}),
        ("VIEW", {"EventKey": "https://example.invalid", "MenuId": "1"}),
        ("view_miniprogram", {"EventKey": "pages/index"}),
        ("scancode_push", {"EventKey": "k"}),
        ("scancode_waitmsg", {"EventKey": "k"}),
        ("location_select", {"EventKey": "k"}),
        ("pic_sysphoto", {"EventKey": "k"}),
        ("pic_photo_or_album", {"EventKey": "k"}),
        ("pic_weixin", {"EventKey": "k"}),
        ("TEMPLATESENDJOBFINISH", {"MsgID": "200163836", "Status": "success"}),
        ("subscribe_msg_popup_event", {}),
        ("subscribe_msg_change_event", {}),
        ("subscribe_msg_sent_event", {}),
        ("user_info_modified", {"OpenID": "o1"}),
        ("user_authorization_revoke", {"OpenID": "o1"}),
        ("debug_demo", {"debug_str": "x"}),
        ("something_new_next_year", {"Thing": "1"}),
    ],
)
def test_every_other_event_is_taken_in_silence(branch: Branch, event: str, fields: dict[str, Any]) -> None:
    zhang = branch.bound("张建国")
    taken = zhang.person.event(event, **fields)
    assert (taken.status, taken.text, taken.deliveries[-1].body) == (200, None, b"success")


def test_unknown_kinds_of_message_are_taken_in_silence(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    assert zhang.person.message("hologram", Depth="3").deliveries[-1].body == b"success"
