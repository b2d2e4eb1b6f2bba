"""What the codes of a member are called (正式党员, 预备党员 …)."""

from models.member import MemberStatus

STATUS: dict[MemberStatus, str] = {
    MemberStatus.FULL: "正式党员",
    MemberStatus.PROBATIONARY: "预备党员",
    MemberStatus.CANDIDATE: "发展对象",
    MemberStatus.ACTIVIST: "入党积极分子",
    MemberStatus.APPLICANT: "入党申请人",
    MemberStatus.CITIZEN: "群众",
    MemberStatus.SUSPENDED: "停止党籍",
    MemberStatus.MOVED: "已转出",
    MemberStatus.DECEASED: "已去世",
}
