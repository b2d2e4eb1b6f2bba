"""Words for every Refusal: what was wrong and what to do now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from models.activity import ActivityState
from models.leave import LeaveState
from services import errors
from services.errors import LoginFault, Refusal
from texts import activity, binding, bulletin, exam, question
from texts import round as round_


@dataclass(frozen=True, slots=True)
class Where:
    """What some words need to know: the branch's telephone and its wall clock."""

    telephone: str
    zone: ZoneInfo

    def clock(self, at: datetime) -> str:
        """13:52 on the branch's wall."""
        local = at.astimezone(self.zone)
        return f"{local.hour:02}:{local.minute:02}"


FORBIDDEN = "您现在没有办这件事的权限。要办，请找支部书记。"
UNKNOWN = "没有找到这个活动，请核对链接或编号。"

STATES: Mapping[ActivityState, str] = {
    ActivityState.PLANNED: "还没有开始签到，请稍等。",
    ActivityState.OPEN: "正在签到。",
    ActivityState.CLOSED: "签到已结束。没签上的，请找党小组长。",
    ActivityState.CANCELLED: "已经取消。",
}

LOGINS: Mapping[LoginFault, str] = {
    LoginFault.CODE: "登录没有成功，请退出小程序再进一次。",
    LoginFault.RISK: "微信认为这个账号有风险，暂时不能登录。",
    LoginFault.PHONE: "微信没有确认这个手机号，请再点一次，或者用纸条上的8位数字。",
    LoginFault.TOKEN: "登录已过期，请重新进入小程序。",
}


LEAVES: Mapping[LeaveState, str] = {
    LeaveState.WAITING: "等待处理",
    LeaveState.APPROVED: "已同意",
    LeaveState.REFUSED: "未同意",
    LeaveState.WITHDRAWN: "本人已撤回",
}


def words(refusal: Refusal, where: Where) -> str:
    """The sentence for a refusal; a class without words is a bug that a house test finds first."""
    return WORDS[type(refusal)](refusal, where)


def _no_such_member(refusal: errors.NoSuchMember) -> str:
    if not refusal.candidates:
        return f"没有找到“{refusal.wanted}”，请核对姓名或编号。"
    several = "\n".join(f"{public_id}  {name}" for public_id, name in refusal.candidates)
    return f"叫“{refusal.wanted}”的不止一位，请用前面的编号：\n{several}"


def _tries(refusal: errors.TooManyTries, where: Where) -> str:
    return f"绑定码错得太多，先停一停，{where.clock(refusal.until)}以后再试。\n急用请打{where.telephone}（党支部）。"


def _state(refusal: errors.WrongState, where: Where) -> str:
    if refusal.moved_to is not None:
        return f"{refusal.title}改到{activity.starts(refusal.moved_to.astimezone(where.zone))}，到时候再签到。"
    return f"{refusal.title}{STATES[refusal.state]}"


def _edited(refusal: errors.EditedMeanwhile, where: Where) -> str:
    when = f"{where.clock(refusal.at)} " if refusal.at else ""
    return f"您打开以后，{refusal.who or '管理员'}{when}改过这条记录，您的修改没有保存。\n请重新打开，核对后再改。"


def _by(who: str) -> str:
    return f"（{who}）" if who else ""


def _always(text: str) -> Callable[..., str]:
    return lambda _refusal, _where: text


WORDS: Mapping[type[Refusal], Callable[..., str]] = {
    errors.NotBound: _always(binding.NOT_YET),
    errors.NoSuchMember: lambda refusal, _where: _no_such_member(refusal),
    errors.NoSuchGroup: lambda refusal, _where: f"没有叫“{refusal.wanted}”的党小组，请核对名册。",
    errors.CodeUnknown: _always("绑定码不对，请再看一下纸条上的8位数字。"),
    errors.CodeUsed: _always("这个绑定码已经用过。请找党小组长要一张新纸条。"),
    errors.CodeExpired: _always("这个绑定码过期了。请找党小组长要一张新纸条。"),
    errors.PhoneUnknown: _always("名册里没有对上这个手机号。请用纸条上的8位数字，或者找党小组长核对名册。"),
    errors.TooManyTries: _tries,
    errors.BoundToAnother: lambda refusal, _where: (
        f"这个微信已经是{refusal.name}同志的，一个微信只能绑一位同志。\n没有微信的同志，请党小组长在会场登记。"
    ),
    errors.MemberBound: _always("这位同志已经绑定了另一个微信。要换微信，请找党小组长要一张新纸条。"),
    errors.NoSuchActivity: _always(UNKNOWN),
    errors.WrongState: _state,
    errors.NothingOpen: _always("现在没有正在签到的活动。想看近期安排，发“活动”。"),
    errors.HallCodeStale: _always("这张码过时了，请扫大屏上现在的码。\n扫不了，请找党小组长登记。"),
    errors.HallCodeUnknown: _always("这不是现在活动的码，请看大屏上的码。\n还不行，请找党小组长登记。"),
    errors.NotByPlace: lambda refusal, _where: f"{refusal.title}不按位置签到。请扫大屏上的码，或者输6位数字。",
    errors.TooFar: lambda refusal, _where: f"您发的位置不在{refusal.title}的会场。到了会场再发一次，或者扫大屏上的码。",
    errors.TooLate: lambda _refusal, where: (
        f"这条消息在路上太久，没有办成，请再发一次。\n还不行，请打{where.telephone}（党支部）。"
    ),
    errors.SameName: _always("重名，分不清是哪一位，请补上编号、出生日期或手机号码。"),
    errors.NoSuchCourse: _always("没有找到这次培训，请从“学时”里进入。"),
    errors.NobodyNamed: _always("请点选参加的同志。"),
    errors.ProofWanted: _always("集中培训、听党课要有证明材料才计入学时，请写明是什么、存在哪里。"),
    errors.EnteredAlready: lambda refusal, _where: (
        f"{'、'.join(refusal.names)}这一天的这次培训已经登记过，请去掉再保存。"
    ),
    errors.NotHeldYet: _always("这个日期还没到，办完以后再登记。"),
    errors.NoSuchPaper: _always("没有找到这次测验，请从“测验”里进入。"),
    errors.NoSuchRound: _always(round_.GONE),
    errors.RoundLacks: lambda refusal, _where: round_.LACKS[refusal.what],
    errors.RoundMoved: lambda refusal, _where: round_.moved(refusal.title, refusal.state),
    errors.RoundOver: lambda refusal, _where: f"“{refusal.title}”已经截止，没有收下。",
    errors.AnsweredBefore: lambda refusal, _where: f"“{refusal.title}”用这张纸条已经填过，按先填的算。",
    errors.FormUnclear: lambda refusal, _where: round_.form_unclear(
        refusal.position, refusal.kind, lacking=refusal.lacking
    ),
    errors.NoLinks: lambda refusal, _where: f"“{refusal.title}”只征求党员的意见，没有纸条。",
    errors.NoSuchOpinion: _always("没有找到这条意见，请从列表里进入。"),
    errors.OpinionSettled: lambda refusal, _where: f"意见{refusal.number}已经答复，请刷新后再看。",
    errors.PictureUnfit: lambda refusal, _where: f"图片最多{refusal.most}张，只收10 MB以内的 jpg、png、gif。",
    errors.NoSuchBulletin: _always(bulletin.GONE),
    errors.BulletinLacks: lambda refusal, _where: bulletin.LACKS[refusal.what],
    errors.BulletinMoved: lambda refusal, _where: bulletin.moved(refusal.title, refusal.state),
    errors.FileUnfit: lambda refusal, _where: bulletin.UNFIT[refusal.why],
    errors.NoSuchStep: _always("没有找到这一步，请从“导学”里进入。"),
    errors.PaperNotOpen: lambda refusal, _where: f"“{refusal.title}”现在不能做，请看开放时间。",
    errors.BankLacks: lambda refusal, _where: "\n".join(["题库里的题不够：", *map(exam.lack, refusal.lacks)]),
    errors.PassedAlready: lambda refusal, _where: f"“{refusal.title}”您已经合格，不用再做。",
    errors.NoTriesLeft: lambda refusal, _where: f"“{refusal.title}”最多做{refusal.tries}次，您已经做完。",
    errors.WaitToRetake: lambda refusal, where: (
        f"“{refusal.title}”要隔一段时间再做，{activity.starts(refusal.until.astimezone(where.zone))}以后可以。"
    ),
    errors.SittingOver: lambda refusal, _where: f"“{refusal.title}”时间已到，这个回答没有算。发“测验”看结果。",
    errors.NoSuchBank: lambda refusal, _where: f"没有叫“{refusal.wanted}”的题库，请核对名称。",
    errors.NoSuchQuestion: _always("没有找到这道题，请核对链接。"),
    errors.QuestionChanged: _always("这道题刚改过或者停用了，请刷新后再做。"),
    errors.AnswerUnclear: lambda refusal, _where: exam.unclear(refusal.why, refusal.last),
    errors.QuestionMoved: lambda refusal, _where: (
        f"这道题现在是“{question.STATE[refusal.state]}”，不能这样做。上架前要写上审核人。"
    ),
    errors.StemTaken: _always("题库里已有这道题，请改原来的那一道。"),
    errors.NotAllowed: _always(FORBIDDEN),
    errors.NotSuitable: _always("这个职务和人选对不上。请选正式党员；党小组长要选一个党小组，其他职务不选。"),
    errors.OwnOffice: _always("这是您自己的书记职务，不能由本人免去。请另一位同志来办。"),
    errors.HoldsOffice: lambda refusal, _where: (
        f"{refusal.name}同志还有职务，请先免职（zhibu appointments end），再删除。"
    ),
    errors.NumberTaken: lambda refusal, _where: f"编号“{refusal.number}”已经是{refusal.name}同志的，请核对。",
    errors.OnRoll: lambda refusal, _where: (
        f"名册里已有一位{refusal.name}。若是同一位，请改原来的记录；若是另一位，请填上编号或出生日期。"
    ),
    errors.OutOfOrder: _always("结束早于开始，请核对时间。"),
    errors.EditedMeanwhile: _edited,
    errors.NotExpected: lambda refusal, _where: (
        f"{refusal.title}的应到名单上没有您，不用请假；到了会场，请找党小组长。"
    ),
    errors.AlreadyHere: lambda refusal, _where: f"{refusal.title}您已签到，不用请假。要改记录，请找党小组长。",
    errors.AlreadyAsked: lambda refusal, _where: (
        f"{refusal.title}您已请过假，结果发“通知”可以看。\n又能来了，发“撤回请假”。"
    ),
    errors.OnLeave: lambda refusal, _where: f"{refusal.title}那天您登记了长期请假，不用再请。",
    errors.HasBegun: lambda refusal, _where: f"{refusal.title}已经开始，请假不再撤回。您来了，签到就行。",
    errors.TooLateToAsk: _always("活动过去三天了，不能再补假。请找党小组长。"),
    errors.Decided: lambda refusal, _where: f"这个申请已经处理过：{LEAVES[refusal.state]}{_by(refusal.who)}。",
    errors.NoMakeUp: lambda refusal, _where: f"{refusal.title}不能这样补课。要补，请问党小组长。",
    errors.NotOwed: lambda refusal, _where: f"{refusal.title}您不用补课，或者已经报过。",
    errors.NoSuchRequest: _always("没有找到这个申请，请回到列表再看。"),
    errors.WrongMark: _always("这条记录现在不能这样更正，请先看最新的名单。"),
    errors.NoSuchText: _always("没有找到这段文字，请回到列表再看。"),
    errors.LookedAt: lambda refusal, _where: (
        f"这段文字已经看过：{'已采用' if refusal.shown else '没有采用'}{_by(refusal.who)}。"
    ),
    errors.WriterMayNot: lambda refusal, _where: (
        f"{refusal.who}同志现在没有办这件事的权限了，没有办。请点不采用；要办，请您自己安排。"
    ),
    errors.TextRisky: _always("这段文字没有通过微信的检查，没有保存。请换一个说法，或者不写，直接告诉党小组长。"),
    errors.FixedReminder: _always("这一种提醒不能改，也不能停。"),
    errors.BadHour: lambda refusal, _where: (
        f"时间不合适：要在早上{refusal.morning:%H:%M}到晚上{refusal.evening:%H:%M}之间，早晚不能颠倒。"
    ),
    errors.BadCap: lambda refusal, _where: f"每天填1到{refusal.a_day}，每周填1到{refusal.a_week}，每周不能少于每天。",
    errors.FarDay: _always("日期离现在太远，请核对年份。"),
    errors.LoginRefused: lambda refusal, _where: LOGINS[refusal.fault],
}
