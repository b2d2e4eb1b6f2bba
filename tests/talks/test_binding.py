"""绑定 as people hear it: the slip's code, wrong ones, old ones, other people's."""

from datetime import timedelta

from services import members
from tests.branch import Branch


def test_the_first_words_to_a_stranger_and_to_a_member_coming_back(branch: Branch) -> None:
    branch.member("张建国")
    zhang = branch.phone("张建国").hears("您好，这里是青湾市气象局党支部", "8位绑定码")
    zhang.says("记录").hears("您还没有绑定")
    zhang.says("绑定").hears("请把纸条上的8位数字发给我。")
    zhang.says(branch.code("张建国")).hears("绑定成功，张建国同志。")
    zhang.says("绑定").hears("张建国同志，您已经绑定")


def test_the_code_in_every_spelling(branch: Branch) -> None:
    full_width = str.maketrans("0123456789", "０１２３４５６７８９")
    spoken = str.maketrans("0123456789", "零一二三四五六七八九")
    for number, form in enumerate(("{0}", "{1} {2}", "绑定{0}。", "{3}", "{1}-{2}", "{4}")):
        code = branch.member(f"李{number}")
        said = form.format(code, code[:4], code[4:], code.translate(full_width), code.translate(spoken))
        branch.phone(f"李{number}").says(said).hears("绑定成功")


def test_a_wrong_code_is_asked_for_again(branch: Branch) -> None:
    digits = branch.member("张建国")
    zhang = branch.phone("张建国").says("绑定")
    zhang.says("1234").hears("少了4位")
    wrong = f"{(int(digits) + 1) % 10**8:08d}"
    zhang.says(wrong).hears("绑定码不对", "请把纸条上的8位数字发给我。")
    zhang.says(digits).hears("绑定成功")


def test_an_expired_code_and_the_second_it_expires(each_branch: Branch) -> None:
    digits = each_branch.member("张建国")
    zhang = each_branch.phone("张建国")
    each_branch.clock.advance(timedelta(days=30).total_seconds())
    zhang.says(digits).hears("过期了", "新纸条")
    zhang.says(each_branch.code("张建国")).hears("绑定成功")


def test_a_slip_printed_again_is_the_same_slip(branch: Branch) -> None:
    digits = branch.member("张建国")
    house, now = branch.house, branch.clock.now()

    def printed() -> str:
        lives = house.parts.binding.code_lives
        return house.run(lambda db: members.slip_code(db, members.find(db, "张建国"), branch.clock.now(), lives).digits)

    assert printed() == digits
    branch.clock.advance(timedelta(days=30).total_seconds())
    assert printed() != digits
    assert branch.clock.now() > now
    branch.phone("张建国").says(digits).hears("绑定码不对")


def test_a_second_account_cannot_take_a_member(branch: Branch) -> None:
    branch.bound("张建国")
    other = branch.phone("张建国")
    other.says("记录").hears("绑定")


def test_couples_sharing_a_phone_are_told_what_to_do(branch: Branch) -> None:
    wife = branch.member("许桂兰")
    husband = branch.bound("韩守义")
    husband.says(wife).hears("您已经绑定")


def test_the_10th_wrong_code_stops_the_guessing_for_an_hour(each_branch: Branch) -> None:
    digits = each_branch.member("张建国")
    zhang = each_branch.phone("张建国")
    for wrong in range(1, 10):
        zhang.says(f"{(int(digits) + wrong) % 10**8:08d}").hears("绑定码不对")
    zhang.again().hears("绑定码不对")  # a redelivery is not another try
    zhang.says(f"{(int(digits) + 10) % 10**8:08d}").hears("绑定码不对")
    zhang.says(digits).hears("错得太多", "14:52以后再试", "0500-0000000")
    each_branch.clock.advance(3601)
    zhang.says(digits).hears("绑定成功")
