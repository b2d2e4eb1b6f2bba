"""The forms of a branch's organised life (组织生活): which columns each has, who signs it, how its rows are filled."""

from sheets.forms import Column, Layout

OVERVIEW = Layout(
    "三会一课、主题党日落实情况一览表",
    (
        Column("序号", 6),
        Column("日期", 14),
        Column("类型", 14),
        Column("地点", 12),
        Column("主题（议题）", 22),
        Column("主持人", 8),
        Column("记录人", 8),
        Column("主讲人", 8),
        Column("应到", 6),
        Column("实到", 6),
        Column("请假", 6),
        Column("未到", 6),
        Column("列席", 6),
        Column("到会率", 17),
        Column("记录页码", 10),
        Column("备注", 20),
    ),
)
SIGN_IN = Layout(
    "签到表",
    (
        Column("序号", 6),
        Column("姓名", 18),
        Column("党小组", 18),
        Column("党员类别", 14),
        Column("签到时间", 12),
        Column("方式", 10),
        Column("本人签字", 36),
        Column("备注", 18),
    ),
    signed=("主持人", "记录人"),
    tall=True,
)
YEAR = Layout(
    "党员参加组织生活情况统计表",
    (
        Column("序号", 6),
        Column("姓名", 17),
        Column("党小组", 13),
        Column("党员大会\n应/实", 10),
        Column("党小组会\n应/实", 10),
        Column("支委会\n应/实", 8),
        Column("党课\n应/实", 7),
        Column("主题党日\n应/实", 10),
        Column("组织生活会\n应/实", 12),
        Column("公假", 6),
        Column("病假", 6),
        Column("事假", 6),
        Column("补课", 6),
        Column("无故缺席", 10),
        Column("参加率", 19),
        Column("备注（免及理由）", 22),
    ),
)
LEAVE = Layout(
    "请假补课登记表",
    (
        Column("姓名", 12),
        Column("活动日期", 13),
        Column("活动名称", 18),
        Column("请假类别", 12),
        Column("事由", 16),
        Column("申请时间", 14),
        Column("批准人", 9),
        Column("批准时间", 14),
        Column("补课方式", 10),
        Column("补课内容", 18),
        Column("补课时间", 14),
        Column("补课人", 9),
        Column("本人确认", 12),
    ),
    tall=True,
)
HOURS = Layout(
    "党员集中学习培训学时登记表",
    (
        Column("姓名", 14),
        Column("日期", 14),
        Column("内容", 28),
        Column("主办单位", 20),
        Column("形式", 15),
        Column("学时", 7),
        Column("本年累计", 11),
        Column("应达", 7),
        Column("证明材料", 26),
        Column("登记人", 12),
    ),
)
ROSTER = Layout(
    "党员名册",
    (
        Column("序号", 6),
        Column("姓名", 15),
        Column("性别", 6),
        Column("民族", 6),
        Column("出生年月", 12),
        Column("学历", 7),
        Column("入党日期", 12),
        Column("转正日期", 12),
        Column("党员类别", 12),
        Column("党小组", 13),
        Column("党内职务", 13),
        Column("工作岗位及职务", 17),
        Column("联系电话", 14),
        Column("转入日期", 12),
        Column("备注", 9),
    ),
)
OPINIONS = Layout(
    "意见建议办理台账",
    (
        Column("编号", 12),
        Column("收到日期", 15),
        Column("来源", 10),
        Column("类别", 14),
        Column("内容摘要", 40),
        Column("承办人", 10),
        Column("办理期限", 15),
        Column("结果", 13),
        Column("理由", 34),
        Column("答复日期", 15),
        Column("公开情况", 16),
    ),
)
OPENNESS = Layout(
    "党务公开、公示登记表",
    (
        Column("内容", 44),
        Column("范围", 24),
        Column("方式", 18),
        Column("起止日期", 26),
        Column("责任人", 12),
        Column("反馈", 36),
    ),
)
RECORD = "会议记录首页"
