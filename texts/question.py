"""What the codes of a question are called (单选, 理想信念 …)."""

from models.question import QuestionKind, Topic

KIND: dict[QuestionKind, str] = {
    QuestionKind.SINGLE: "单选",
    QuestionKind.MULTIPLE: "多选",
    QuestionKind.JUDGE: "判断",
    QuestionKind.BLANK: "填空",
}

TOPIC: dict[Topic, str] = {
    Topic.IDEALS: "理想信念",
    Topic.TRADITION: "革命传统",
    Topic.SITUATION: "形势任务",
    Topic.RIGHTS: "权利义务",
    Topic.ORGANISATION: "组织制度",
    Topic.DISCIPLINE: "纪律规矩",
    Topic.WORK: "业务",
    Topic.OTHER: "其他",
}
