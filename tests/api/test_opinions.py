"""意见 through the API: given once, risky ones refused, read in the queue beside unsigned ones, answered, told."""

from models.appointment import Role
from simulator.faults import Fault
from tests.api.leading import bound, told
from tests.branch import Branch

CHECK = "msg_sec_check"


def rows(body: dict[str, object]) -> list[dict[str, object]]:
    """The list in an answer."""
    found = body["opinions"]
    assert isinstance(found, list)
    return found


def test_an_opinion_is_given_once_answered_and_told(branch: Branch) -> None:
    mini, office, other = bound(branch, "张建国"), bound(branch, "王芳"), bound(branch, "李娜")
    branch.appoints("王芳", Role.SECRETARY)
    said, key = {"category": "study", "text": "建议夜班补课用录播"}, {"Idempotency-Key": "one"}
    for _ in range(2):
        answer = mini.post("opinions", said, key)
        assert (answer.status_code, answer.get_json()["number"]) == (201, "YJ1101")
    for text, code in (("违规的话", "risky"), ("  ", "malformed"), ("x" * 3001, "malformed")):
        refused = mini.post("opinions", {**said, "text": text})
        assert (refused.status_code, refused.get_json()["code"]) == (422, code)
    branch.world.faults.plan(CHECK, Fault(errcode=-1))
    assert mini.post("opinions", {"category": "system", "text": "没查成的也收下"}).status_code == 201
    branch.house.unsigned.submit("c" * 64, "care", "食堂早点开门", branch.clock.now())
    queue = rows(told(office.get("opinions/queue")))
    assert [(one["number"], one["name"], one["received_on"], one["week"]) for one in queue] == [
        ("YJ1101", "张建国", "2026-11-22", None),
        ("YJ1102", "张建国", "2026-11-22", None),
        (None, None, None, "2026-11-16"),
    ]
    assert other.get("opinions/queue").status_code == 403
    assert rows(told(other.get("opinions"))) == []
    reply = {"verdict": "adopted", "answer": "12月起录播。", "version": 1}
    path = f"opinions/{queue[0]['id']}/answer"
    assert mini.post(path, reply).status_code == 403
    for _ in range(2):  # the button tapped twice
        assert told(office.post(path, reply))["label"] == "已答复"
    late = office.post(path, {**reply, "verdict": "declined"})
    assert (late.status_code, late.get_json()["code"]) == (409, "edited")
    mine = {str(one["number"]): one["answer"] for one in rows(told(mini.get("opinions")))}
    assert mine == {"YJ1102": "", "YJ1101": "12月起录播。"}
    phone = mini.phone.says(branch.code("张建国"))
    phone.says("通知").hears("【意见答复】YJ1101：采纳。12月起录播")
