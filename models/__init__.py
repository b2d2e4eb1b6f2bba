"""The tables and their codes; no rule lives here, only what must always be true (UNIQUE and CHECK)."""

from models.activity import Activity, ActivityKind, ActivityState
from models.appointment import Appointment, Role
from models.attendance import MakeUp, MakeUpWay, Mark, MarkKind
from models.base import Base
from models.checkin import CheckIn, HeldScan, Method, Seat, SeatState
from models.event import Event
from models.exam import Paper, PaperState, Sitting, SittingAnswer
from models.given import Given
from models.guest import Guest
from models.handler import HandlerTie
from models.held import HeldPlace, HeldText
from models.hours import Course, CourseForm, CourseSeat
from models.leave import Leave, LeaveClass, LeaveState
from models.login import Login
from models.member import BindCode, Identity, Member, MemberStatus, WrongCode
from models.notice import Notice, NoticeKind, NoticeState
from models.org import Org, OrgKind
from models.question import Bank, Certainty, Question, QuestionKind, QuestionState, Topic
from models.standing import Standing, StandingKind
from models.study import Answer, Card, Outcome, PathStep, Progress, Purpose, Reading, TopicTally
from models.visit import Visit

__all__ = [
    "Activity",
    "ActivityKind",
    "ActivityState",
    "Answer",
    "Appointment",
    "Bank",
    "Base",
    "BindCode",
    "Card",
    "Certainty",
    "CheckIn",
    "Course",
    "CourseForm",
    "CourseSeat",
    "Event",
    "Given",
    "Guest",
    "HandlerTie",
    "HeldPlace",
    "HeldScan",
    "HeldText",
    "Identity",
    "Leave",
    "LeaveClass",
    "LeaveState",
    "Login",
    "MakeUp",
    "MakeUpWay",
    "Mark",
    "MarkKind",
    "Member",
    "MemberStatus",
    "Method",
    "Notice",
    "NoticeKind",
    "NoticeState",
    "Org",
    "OrgKind",
    "Outcome",
    "Paper",
    "PaperState",
    "PathStep",
    "Progress",
    "Purpose",
    "Question",
    "QuestionKind",
    "QuestionState",
    "Reading",
    "Role",
    "Seat",
    "SeatState",
    "Sitting",
    "SittingAnswer",
    "Standing",
    "StandingKind",
    "Topic",
    "TopicTally",
    "Visit",
    "WrongCode",
]
