// Made from /api/openapi.json by `make client`; to change it, change the API.

/** A page of the list, newest first. */
export interface ActivitiesTold {
  activities: ActivityTold[];
  /** The `after` of the next page, null on the last. */
  next: string | null;
}

/** 三会一课, 主题党日 and the rest (支部工作条例). */
export type ActivityKind = "branch_meeting" | "committee" | "group_meeting" | "lecture" | "party_day" | "life_meeting" | "volunteer" | "other";

/** planned -> open -> closed; cancelled from planned. */
export type ActivityState = "planned" | "open" | "closed" | "cancelled";

/** One activity; `version` goes back with what changes it. */
export interface ActivityTold {
  id: string;
  kind: ActivityKind;
  title: string;
  place: string;
  starts_at: string;
  ends_at: string | null;
  state: ActivityState;
  /** Whose meeting it is, none for the branch's. */
  group: string | null;
  moved_from: string | null;
  /** Of moving or cancelling. */
  reason: string;
  /** Whether one may check in by place. */
  by_place: boolean;
  version: number;
  /** Whether one may move, cancel, open and close it. */
  runs: boolean;
  figures: FiguresTold | null;
}

/** What one may still make up, oldest first. */
export interface AllOwedTold {
  owed: OwedTold[];
}

/** One answer, in words as in the chat: B, ACD, 对, 一年、六个月, 不会. */
export interface AnswerIn {
  question: string;
  version: number;
  purpose: Purpose;
  answer: string;
  /** Seconds; without them time says nothing. */
  took?: number | null;
}

/** What came of the answer; it is kept. */
export interface AnsweredTold {
  outcome: Outcome;
  message: string;
  /** The right answer in words. */
  right: string;
  explanation: string;
  source: string;
  /** It has just left 错题. */
  mastered: boolean;
}

/** A filled form of an unnamed round, with the ballot that came with it. */
export interface BallotIn {
  ballot: string;
  answers: FormAnswerIn[];
}

/** Either the 8-digit code on the slip, or the code of WeChat's phone number button (not wx.login's). */
export interface BindIn {
  code?: string | null;
  phone_code?: string | null;
}

/** Who one is from now on. */
export interface BoundTold {
  bound: boolean;
  name: string;
}

/** One attachment. */
export interface BulletinFileTold {
  id: string;
  name: string;
  content_type: string;
  /** Bytes. */
  size: number;
}

/** What a bulletin is. */
export type BulletinKind = "notice" | "briefing" | "openness" | "display" | "rule";

/** One bulletin that is for oneself. */
export interface BulletinTold {
  id: string;
  kind: BulletinKind;
  label: string;
  title: string;
  edition: number;
  published_at: string;
  /** Valid from this day on. */
  from_on: string | null;
  /** To the end of this day; null: until it is withdrawn. */
  until_on: string | null;
  in_force: boolean;
  /** What is to be read of it has been read. */
  read: boolean;
}

/** One bulletin with its text. */
export interface BulletinWholeTold {
  id: string;
  kind: BulletinKind;
  label: string;
  title: string;
  edition: number;
  published_at: string;
  /** Valid from this day on. */
  from_on: string | null;
  /** To the end of this day; null: until it is withdrawn. */
  until_on: string | null;
  in_force: boolean;
  /** What is to be read of it has been read. */
  read: boolean;
  body: string;
  /** 公示: where objections go. */
  contact: string;
  /** 公示: how many it runs. */
  working_days: number | null;
  files: BulletinFileTold[];
}

/** What has not been read first, then what has; each newest first. */
export interface BulletinsTold {
  bulletins: BulletinTold[];
}

/** What the rows are. */
export type By = "member" | "group" | "kind" | "month" | "quarter" | "year";

/** 取消. */
export interface CancelIn {
  reason: string;
  /** As it was seen. */
  version: number;
}

/** `code` for number and scan, `lat` and `lng` (degrees, GCJ-02 as wx.getLocation gives them) for place. */
export interface CheckInIn {
  method: How;
  code?: string | null;
  lat?: number | null;
  lng?: number | null;
}

/** Since when one is here. */
export interface CheckInTold {
  activity: string;
  title: string;
  at: string;
  /** Whether one was here before this request. */
  already: boolean;
}

/** What the hall shows until `expires_at`; then ask anew (one slot of grace follows it). */
export interface CodeTold {
  /** What to draw as a QR; null while WeChat gives none. */
  qr: string | null;
  code: string;
  /** Which turn of the QR this is. */
  slot: number;
  expires_at: string;
}

/** Somebody to be asked how things are; never a verdict, and never told to the group. */
export interface ConcernTold {
  member: string;
  name: string;
  group: string | null;
  missed_in_row: number;
  /** Last there, on leave or 免; else the first day missed. */
  since: string;
  /** Five months and more. */
  long: boolean;
  message: string;
}

/** The longest missing first. */
export interface ConcernsTold {
  concerns: ConcernTold[];
}

/** What the record of one person should say; `leave_class` with on_leave and with nothing else. */
export interface CorrectionIn {
  activity: string;
  member: string;
  said: MarkKind;
  leave_class?: LeaveClass | null;
  reason: string;
}

/** How many chose an option; null where that is not told, and then at least so many percent (0: not told). */
export interface CountTold {
  option: string;
  count: number | null;
  at_least: number;
}

/** Agreed or not; the note is read by the member. */
export interface DecisionIn {
  ok: boolean;
  note?: string;
}

/** Every error: a lower-case word for the program, and a sentence for the person who holds the phone. */
export interface ErrorTold {
  code: string;
  message: string;
}

/** For whom the family asks, and why. */
export interface FamilyLeaveIn {
  reason_class: LeaveClass;
  text?: string;
  member: string;
}

/** The figures of one question; of fewer than five answers there are none. */
export interface FigureTold {
  question: number;
  answers: number;
  options: CountTold[];
  /** Of a scale, in words; "" for none. */
  mean: string;
}

/** The figures of a sheet, of the people one sees; counts of persons. */
export interface FiguresTold {
  expected: number;
  present: number;
  leave: number;
  not_come: number;
  /** 无故缺席, said by a person. */
  absent: number;
  late: number;
  made_up: number;
  guests: number;
  to_check: number;
  exempt: number;
}

/** The answer to one question: words, or numbers. */
export interface FormAnswerIn {
  question: number;
  text?: string;
  numbers?: number[];
}

/** One's own answer to one question. */
export interface FormAnswerTold {
  question: number;
  text: string;
  /** Options from 1, or the points of a scale. */
  numbers: number[];
}

/** A filled form; what is left out is blank. Words are read by those who run the branch. */
export interface FormIn {
  answers: FormAnswerIn[];
}

/** How a question of a form is answered. */
export type FormKind = "text" | "single" | "multiple" | "scale";

/** One question of the form. */
export interface FormQuestionTold {
  position: number;
  kind: FormKind;
  stem: string;
  options: string[];
  required: boolean;
}

/** Where the text belongs: a table and its column, or what is to be done. */
export type HeldPlace = "leave.reason" | "leave.note" | "makeup.content" | "mark.reason" | "activity.plan" | "activity.move" | "activity.cancel";

/** One text; its record stands without it, and what it is to be said of all waits with it. */
export interface HeldTold {
  id: string;
  /** The record's field; activity.plan, .move, .cancel: the deed itself waits. */
  place: HeldPlace;
  /** Of a deed the texts in doubt, one a line. */
  text: string;
  /** Who wrote it. */
  by: string;
  at: string;
  /** None: a plan, which is no activity yet. */
  activity: string | null;
  title: string;
  /** As it would be, of a plan or a move. */
  starts_at: string;
}

/** What nobody has looked at, oldest first. */
export interface HeldsTold {
  texts: HeldTold[];
}

/** One's own 学时 of a year. */
export interface HoursTold {
  year: number;
  counted: number;
  aim: number;
  missing: number;
  /** 免: nothing is asked. */
  exempt: boolean;
  items: ItemTold[];
  /** 自学: questions answered. */
  questions: number;
  /** 自学: steps of the path read. */
  readings: number;
  definition: string[];
}

/** How one says 「I am here」. */
export type How = "number" | "scan" | "place";

/** One entry of the register of hours. */
export interface ItemTold {
  on: string;
  title: string;
  hours: number;
  /** False: 自学, shown and not counted. */
  counts: boolean;
  made_up: boolean;
}

/** Whether this answer was the first; right or wrong is told at the end. */
export interface KeptTold {
  kept: boolean;
  unanswered: string[];
}

/** Why somebody cannot come; duty and trip are 公假. */
export type LeaveClass = "duty" | "trip" | "sick" | "personal" | "away" | "other";

/** Why one cannot come; the text may stay empty. */
export interface LeaveIn {
  reason_class: LeaveClass;
  text?: string;
}

/** waiting -> approved | refused | withdrawn; decided once, by one person. */
export type LeaveState = "waiting" | "approved" | "refused" | "withdrawn";

/** One request for leave. */
export interface LeaveTold {
  id: string;
  activity: string;
  title: string;
  starts_at: string;
  member: string;
  name: string;
  reason_class: LeaveClass;
  label: string;
  text: string;
  /** 家属代请. */
  by_family: boolean;
  asked_at: string;
  state: LeaveState;
  decided_by: string | null;
  note: string;
  /** A text of this request waits until the office has looked at it. */
  held: boolean;
}

/** Requests for leave. */
export interface LeavesTold {
  leaves: LeaveTold[];
  next: string | null;
}

/** One person on the sheet; `label` is what paper says: 到, 迟到, 登, 请假, 未到 … */
export interface LineTold {
  member: string;
  name: string;
  group: string | null;
  status: Status;
  label: string;
  leave_class: LeaveClass | null;
  /** When the check-in was sent. */
  at: string | null;
  method: Method | null;
  /** 早退. */
  early: boolean;
  /** 补. */
  made_up: boolean;
  /** A request for leave that waits for a decision. */
  leave_waiting: string | null;
}

/** The code of wx.login. */
export interface LoginIn {
  code: string;
}

/** The token, good until `expires_at`; unless `bound` it opens nothing but binding. */
export interface LoginTold {
  token: string;
  expires_at: string;
  bound: boolean;
}

/** Where one is signed in, newest first. */
export interface LoginsTold {
  logins: OneLogin[];
}

/** Show it where it belongs, or leave it out. */
export interface LookIn {
  show: boolean;
}

/** How it was made up, in a sentence or two. */
export interface MakeUpIn {
  way: MakeUpWay;
  content: string;
}

/** One make-up. */
export interface MakeUpTold {
  id: string;
  activity: string;
  title: string;
  member: string;
  name: string;
  way: MakeUpWay;
  label: string;
  content: string;
  told_at: string;
  confirmed_at: string | null;
  /** The content waits until the office has looked at it. */
  held: boolean;
}

/** How missed content was made up; which ways there are follows from the kind of activity. */
export type MakeUpWay = "recording" | "study" | "told";

/** Make-ups that wait for a leader. */
export interface MakeUpsTold {
  makeups: MakeUpTold[];
}

/** What a mark says; the newest of its family stands (services/attendance.py). */
export type MarkKind = "came" | "not_came" | "on_leave" | "absent" | "not_absent" | "early" | "not_early" | "guest" | "other_group";

/** One thing said of the record; it stays, whatever is said later. */
export interface MarkTold {
  said: MarkKind;
  label: string;
  reason: string;
  by: string | null;
  at: string;
}

/** Who one is, and what one may do at this moment. */
export interface MeTold {
  id: string;
  name: string;
  status: MemberStatus;
  group: string | null;
  roles: Role[];
  /** Names of the groups led. */
  leads: string[];
  /** Reads every group. */
  sees_branch: boolean;
  /** Plans and registers for the whole branch. */
  runs_branch: boolean;
}

/** A member's last finished sitting. */
export interface MemberResultTold {
  right: number;
  of: number;
  /** Percent, rounded down. */
  score: number;
  passed: boolean;
  topics: TopicTold[];
  member: string;
  name: string;
  sitting: string;
}

/** 人员类别: where a person stands with the Party (党章 1, 7, 9; 发展党员工作细则). */
export type MemberStatus = "full" | "probationary" | "candidate" | "activist" | "applicant" | "citizen" | "suspended" | "moved" | "deceased";

/** How a check-in came about. */
export type Method = "scan" | "number" | "place" | "registered";

/** 改期: another time, and another place if one is named. */
export interface MoveIn {
  starts_at: string;
  place?: string | null;
  reason: string;
  /** As it was seen. */
  version: number;
}

/** What is asked next; no question where there is none. */
export interface NextTold {
  question: QuestionTold | null;
  /** Which of today's it is; more than `of` when somebody goes on. */
  number: number;
  of: number;
  /** How many stand among 错题. */
  wrong: number;
}

/** What a notice is about. */
export type NoticeKind = "moved" | "cancelled" | "planned" | "tomorrow" | "soon" | "called" | "leave_asked" | "leave_decided" | "handler_day" | "study" | "behind" | "makeup" | "birthday" | "birthday_list" | "probation" | "gaps" | "self_check" | "assigned" | "answered" | "round" | "round_closing" | "round_published" | "bulletin" | "unread";

/** One notice, in the words of the chat. */
export interface NoticeTold {
  id: string;
  kind: NoticeKind;
  text: string;
  at: string;
}

/** What has not been told yet, oldest first, and what was told last and still is of use, newest first. */
export interface NoticesTold {
  new: NoticeTold[];
  latest: NoticeTold[];
}

/** One that may be sat now, and how often one still may. */
export interface OfferTold {
  id: string;
  title: string;
  state: PaperState;
  questions: number;
  minutes: number;
  /** Percent. */
  pass_mark: number;
  opens_at: string;
  closes_at: string;
  /** 0: passed, or all goes taken. */
  left: number;
  /** Before that one has to wait. */
  again_from: string | null;
  /** One's sitting under way. */
  sitting: string | null;
}

/** What may be sat now, the one that ends first first. */
export interface OffersTold {
  papers: OfferTold[];
}

/** Oneself at one activity. */
export interface OnceTold {
  activity: string;
  kind: ActivityKind;
  title: string;
  starts_at: string;
  status: Status;
  label: string;
  made_up: boolean;
}

/** One signed-in mini-program. */
export interface OneLogin {
  id: string;
  created_at: string;
  expires_at: string;
  /** The one that asks. */
  here: boolean;
}

/** What an opinion is about, in the order in which the chat offers it. */
export type OpinionCategory = "branch" | "study" | "conduct" | "care" | "work" | "system" | "other";

/** A new opinion, under one's own name; those who run the branch read it. */
export interface OpinionIn {
  category: OpinionCategory;
  text: string;
}

/** new -> assigned -> answered; answering needs no assignment. */
export type OpinionState = "new" | "assigned" | "answered";

/** How a question was answered. */
export type Outcome = "right" | "wrong" | "unknown";

/** One activity that can be made up, and how. */
export interface OwedTold {
  activity: string;
  kind: ActivityKind;
  title: string;
  starts_at: string;
  /** Until when it may be told. */
  until: string;
  ways: MakeUpWay[];
}

/** One of one's own, with what was decided. */
export interface OwnHeldTold {
  id: string;
  /** The record's field; activity.plan, .move, .cancel: the deed itself waits. */
  place: HeldPlace;
  /** Of a deed the texts in doubt, one a line. */
  text: string;
  /** Who wrote it. */
  by: string;
  at: string;
  /** None: a plan, which is no activity yet. */
  activity: string | null;
  title: string;
  /** As it would be, of a plan or a move. */
  starts_at: string;
  /** Null while it waits. */
  shown: boolean | null;
}

/** One's own, newest first. */
export interface OwnHeldsTold {
  texts: OwnHeldTold[];
}

/** Where one's own signed opinion stands. */
export interface OwnOpinionTold {
  id: string;
  number: string;
  state: OpinionState;
  label: string;
}

/** One's own year at activities that are over, newest first; figures are of 组织生活. */
export interface OwnRecordTold {
  year: number;
  expected: number;
  present: number;
  leave: number;
  made_up: number;
  not_come: number;
  absent: number;
  /** 参加率. */
  rate: string;
  cases: OnceTold[];
  definition: string[];
}

/** A round that can be filled in. */
export interface OwnRoundTold {
  id: string;
  title: string;
  closes_at: string;
}

/** draft -> open -> closed. */
export type PaperState = "draft" | "open" | "closed";

/** One paper, as its offer says. */
export interface PaperTold {
  id: string;
  title: string;
  state: PaperState;
  questions: number;
  minutes: number;
  /** Percent. */
  pass_mark: number;
  opens_at: string;
  closes_at: string;
}

/** All papers, newest first. */
export interface PapersTold {
  papers: PaperTold[];
}

/** The steps that have begun, in order. */
export interface PathTold {
  steps: StepTold[];
}

/** A new activity; without a group it is the branch's. */
export interface PlanIn {
  kind: ActivityKind;
  title: string;
  starts_at: string;
  place?: string;
  group?: string | null;
}

/** Where a question was asked. */
export type Purpose = "today" | "wrong" | "topic";

/** How a question is answered. */
export type QuestionKind = "single" | "multiple" | "judge" | "blank";

/** One question, without its answer. */
export interface QuestionTold {
  id: string;
  /** Goes back with the answer. */
  version: number;
  kind: QuestionKind;
  topic: Topic;
  stem: string;
  options: string[];
  /** 【待审】: nobody has reviewed it yet. */
  unreviewed: boolean;
}

/** What is not answered yet, what is due first coming first. */
export interface QueueTold {
  opinions: QueuedTold[];
}

/** One line of the queue; an unsigned one has neither id, number nor name, and of its time the week alone. */
export interface QueuedTold {
  id: string | null;
  number: string | null;
  name: string | null;
  received_on: string | null;
  /** The Monday, of an unsigned one. */
  week: string | null;
  category: string;
  text: string;
  state: OpinionState;
  due_on: string;
  /** To be sent back with an answer. */
  version: number | null;
}

/** One person's record at one activity: what it says, what was said of it, what can be said of it now. */
export interface RecordTold {
  activity: string;
  member: string;
  name: string;
  status: Status;
  label: string;
  early: boolean;
  made_up: boolean;
  possible: MarkKind[];
  marks: MarkTold[];
}

/** Who came, and why they could not check in themselves. */
export interface RegistrationsIn {
  member_ids: string[];
  reason?: string;
}

/** How many are in now; who was here already is left as it was. */
export interface RegistrationsTold {
  registered: number;
  already: number;
  /** As it stands on the record: the usual words where in doubt. */
  reason: string;
}

/** Whom to remind: some, or everybody who is not here and not excused. */
export interface RemindersIn {
  member_ids: string[] | "absent";
}

/** How many are reminded, when at the earliest, and who is not. */
export interface RemindersTold {
  sent: number;
  /** Now, or the morning after quiet hours. */
  due_at: string;
  skipped: SkippedTold[];
}

/** An answer, which the author reads. */
export interface ReplyIn {
  verdict: Verdict;
  answer: string;
  version: number;
}

/** One line of the response table. */
export interface ResponseTold {
  summary: string;
  voices: number;
  verdict: Verdict;
  label: string;
  reason: string;
}

/** What came of a sitting. */
export interface ResultTold {
  right: number;
  of: number;
  /** Percent, rounded down. */
  score: number;
  passed: boolean;
  topics: TopicTold[];
}

/** In the order of the roster, which is no order of merit; for who runs study alone. */
export interface ResultsTold {
  results: MemberResultTold[];
}

/** What one may know, take part in and hear of. */
export interface RightsTold {
  /** Not read yet. */
  bulletins: BulletinTold[];
  /** Signed: not answered; unnamed: every one until its close. */
  rounds: OwnRoundTold[];
  opinions: OwnOpinionTold[];
}

/** 党内职务 of a branch, and the leading group with its office that the founding plan sets up. */
export type Role = "secretary" | "deputy" | "organisation" | "publicity" | "discipline" | "youth" | "group_leader" | "leading_head" | "leading_deputy" | "leading_member" | "office";

/** A page of the sheet, the absent first; the figures are those of the whole sheet one sees. */
export interface RosterTold {
  lines: LineTold[];
  figures: FiguresTold;
  next: string | null;
}

/** What it is for. */
export type RoundPurpose = "survey" | "decision" | "rating" | "supervision";

/** draft -> open -> closed -> published; a published one says what became of the opinions. */
export type RoundState = "draft" | "open" | "closed" | "published";

/** One round one is asked in. */
export interface RoundTold {
  id: string;
  purpose: RoundPurpose;
  label: string;
  title: string;
  /** Nobody is told, or can find out, who answered what. */
  unnamed: boolean;
  state: RoundState;
  closes_at: string;
  /** It takes answers. */
  running: boolean;
  /** One's own answer is there; of an unnamed one said only while it runs. */
  answered: boolean;
}

/** One round with its form and one's answer; once published with figures and table. */
export interface RoundWholeTold {
  id: string;
  purpose: RoundPurpose;
  label: string;
  title: string;
  /** Nobody is told, or can find out, who answered what. */
  unnamed: boolean;
  state: RoundState;
  closes_at: string;
  /** It takes answers. */
  running: boolean;
  /** One's own answer is there; of an unnamed one said only while it runs. */
  answered: boolean;
  body: string;
  /** The lecture or activity that is rated, in words; "" for none. */
  rates: string;
  promise: string;
  questions: FormQuestionTold[];
  /** One's own, of a signed round. */
  answers: FormAnswerTold[];
  /** For an unnamed round that runs: drawn anew each time. */
  ballot: string | null;
  /** Fewer than five answers: no figures. */
  few: boolean;
  figures: FigureTold[];
  table: ResponseTold[];
}

/** What one is asked now, then what has been published, newest first. */
export interface RoundsTold {
  rounds: RoundTold[];
}

/** One row: times of persons at activities that are over; `rates` as paper words them. */
export interface RowTold {
  /** The member's id, the kind, 2026-11 … */
  key: string;
  name: string;
  /** Of a member's row. */
  group: string | null;
  /** 应到. */
  expected: number;
  /** 实到. */
  present: number;
  leave: number;
  public_leave: number;
  not_come: number;
  /** 无故缺席, said by a person. */
  absent: number;
  late: number;
  early: number;
  made_up: number;
  rates: Record<string, string>;
}

/** One signed opinion and what has become of it. */
export interface SaidTold {
  id: string;
  number: string;
  at: string;
  category: OpinionCategory;
  text: string;
  /** How many came with it. */
  pictures: number;
  state: OpinionState;
  label: string;
  /** To be answered before the end of this day. */
  due_on: string;
  verdict: Verdict | null;
  answer: string;
}

/** One's own, newest first. */
export interface SaidsTold {
  opinions: SaidTold[];
}

/** Why a person has a seat. */
export type SeatState = "expected" | "guest" | "exempt";

/** One activity one has a seat at. */
export interface SeatTold {
  activity: string;
  kind: ActivityKind;
  title: string;
  place: string;
  starts_at: string;
  state: ActivityState;
  /** expected 应到, guest 列席, exempt 免. */
  seat: SeatState;
  by_place: boolean;
  /** When one checked in. */
  here_since: string | null;
}

/** A page of one's own seats, newest first. */
export interface SeatsTold {
  seats: SeatTold[];
  next: string | null;
}

/** Which notices have been on the screen. */
export interface ShownIn {
  ids: string[];
}

/** An answer in words, as in the chat; the first one stands. */
export interface SittingAnswerIn {
  question: string;
  /** Of the question, as it was shown. */
  version: number;
  answer: string;
}

/** One's sitting: its questions while it runs, its result once it is handed in. */
export interface SittingTold {
  id: string;
  paper: string;
  title: string;
  /** The first, second … go. */
  number: number;
  started_at: string;
  /** By the server's clock, which the header Date tells. */
  ends_at: string;
  /** Nothing more is kept: hand it in. */
  over: boolean;
  handed_in_at: string | null;
  questions: QuestionTold[];
  /** Ids of questions, in order. */
  unanswered: string[];
  result: ResultTold | null;
}

/** One's own sittings, newest first, without their questions. */
export interface SittingsTold {
  sittings: SittingTold[];
}

/** Why somebody is not reminded. */
export type Skipped = "here" | "not_expected" | "lately" | "quiet";

/** One person who is not reminded, and why. */
export interface SkippedTold {
  id: string;
  /** here; not_expected; lately (within two hours); quiet (night, and in the morning it is over). */
  why: Skipped;
}

/** A table with its totals, and what its words mean. */
export interface StatsTold {
  period: string;
  name: string;
  by: By;
  rows: RowTold[];
  totals: RowTold;
  definition: string[];
  /** The `after` of the next page, null on the last. */
  next: string | null;
}

/** What stands in a person's cell. */
export type Status = "came" | "late" | "registered" | "leave" | "not_come" | "absent" | "exempt" | "exempt_came" | "to_check" | "withdrawn" | "guest" | "invited" | "other_group";

/** One step of the path. */
export interface StepTold {
  id: string;
  title: string;
  reading: string;
  /** Steps are read in their order. */
  read: boolean;
}

/** Where one stands, for oneself alone. */
export interface StudyTold {
  /** Which of today's questions comes next. */
  number: number;
  of: number;
  wrong: number;
  /** Those there is a question of. */
  topics: Topic[];
  labels: Record<string, string>;
}

/** How often a member wants to be reminded of study (自愿). */
export type StudyWish = "never" | "twice" | "daily";

/** What a question, an activity or a course is about: the plan's four fields of education, and a branch's own. */
export type Topic = "ideals" | "tradition" | "situation" | "rights" | "organisation" | "discipline" | "work" | "other";

/** Questions right of asked of one topic. */
export interface TopicTold {
  topic: Topic;
  right: number;
  of: number;
}

/** 采纳情况, of an opinion and of a line in a round's response table. */
export type Verdict = "adopted" | "partly" | "declined";

/** What is to be otherwise; what is left out stays. */
export interface WishesIn {
  study?: StudyWish | null;
  self_check?: boolean | null;
  unread?: boolean | null;
}

/** What one wants to be reminded of, and at which hour of the branch's clock; activities and 改期 always. */
export interface WishesTold {
  study: StudyWish;
  /** HH:MM; empty: the branch sends none. */
  study_at: string;
  self_check: boolean;
  /** Likewise, on the month's last working day. */
  self_check_at: string;
  /** Once, of a bulletin not read after three days. */
  unread: boolean;
}

export interface Operations {
  /** The activities one may open, newest first, each with the figures of the people one sees. */
  "GET /api/v1/activities": {
    given: {
      query?: {
        after?: string;
        limit?: number;
        from?: string;
        to?: string;
        kind?: ActivityKind;
        /** The name of a group, for its own meetings. */
        group?: string;
      };
    };
    answer: ActivitiesTold;
  };
  /** Plan an activity; everybody expected has a seat at once. 200 where the same plan stands already. */
  "POST /api/v1/activities": {
    given: {
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
      body: PlanIn;
    };
    answer: ActivityTold;
  };
  /** One activity, with the figures of the people one sees. */
  "GET /api/v1/activities/{activity}": {
    given: {
      path: {
        activity: string;
      };
    };
    answer: ActivityTold;
  };
  /** Call off what has not begun (取消), as it was seen at that version; everybody expected is told. */
  "POST /api/v1/activities/{activity}/cancel": {
    given: {
      path: {
        activity: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
      body: CancelIn;
    };
    answer: ActivityTold;
  };
  /** Be here, by what the hall shows now or by place; 200 where one is here already. */
  "POST /api/v1/activities/{activity}/checkins": {
    given: {
      path: {
        activity: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
      body: CheckInIn;
    };
    answer: CheckInTold;
  };
  /** End the check-in (结束); closing what is closed changes nothing. */
  "POST /api/v1/activities/{activity}/close": {
    given: {
      path: {
        activity: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
    };
    answer: ActivityTold;
  };
  /** Enter what a family asks (家属代请): agreed to in the same breath by whoever may decide it, else it waits. */
  "POST /api/v1/activities/{activity}/family-leaves": {
    given: {
      path: {
        activity: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
      body: FamilyLeaveIn;
    };
    answer: LeaveTold;
  };
  /** Ask for leave: before the activity or within three days after; the leader is told. */
  "POST /api/v1/activities/{activity}/leaves": {
    given: {
      path: {
        activity: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
      body: LeaveIn;
    };
    answer: LeaveTold;
  };
  /** Say how one has made it up; it counts once a leader has confirmed it, as 补 and never as 到. */
  "POST /api/v1/activities/{activity}/makeups": {
    given: {
      path: {
        activity: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
      body: MakeUpIn;
    };
    answer: MakeUpTold;
  };
  /** Move what has not begun (改期), as it was seen at that version; everybody expected is told. */
  "POST /api/v1/activities/{activity}/move": {
    given: {
      path: {
        activity: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
      body: MoveIn;
    };
    answer: ActivityTold;
  };
  /** Let people check in (开始); opening what is open changes nothing. */
  "POST /api/v1/activities/{activity}/open": {
    given: {
      path: {
        activity: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
    };
    answer: ActivityTold;
  };
  /** 会议记录首页 of one activity, for who runs it or sees the branch. */
  "GET /api/v1/activities/{activity}/record.xlsx": {
    given: {
      path: {
        activity: string;
      };
    };
    answer: ArrayBuffer;
  };
  /** One person's record, with everything said of it, for who may correct it. */
  "GET /api/v1/activities/{activity}/records/{member}": {
    given: {
      path: {
        activity: string;
        member: string;
      };
    };
    answer: RecordTold;
  };
  /** Register who came (人工登记), shown as 登; one foreign name refuses the whole list. */
  "POST /api/v1/activities/{activity}/registrations": {
    given: {
      path: {
        activity: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
      body: RegistrationsIn;
    };
    answer: RegistrationsTold;
  };
  /** Remind who is not here yet, one or all: each at most once in two hours, and not at night. */
  "POST /api/v1/activities/{activity}/reminders": {
    given: {
      path: {
        activity: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
      body: RemindersIn;
    };
    answer: RemindersTold;
  };
  /** Who is expected and who is here, the absent first; of one's own group alone, unless one sees the branch. */
  "GET /api/v1/activities/{activity}/roster": {
    given: {
      path: {
        activity: string;
      };
      query?: {
        after?: string;
        limit?: number;
        status?: Status;
      };
    };
    answer: RosterTold;
  };
  /** 签到表 of one activity, of the people one sees. */
  "GET /api/v1/activities/{activity}/roster.xlsx": {
    given: {
      path: {
        activity: string;
      };
    };
    answer: ArrayBuffer;
  };
  /** The code the hall shows now, for who runs the activity. */
  "GET /api/v1/activities/{activity}/token": {
    given: {
      path: {
        activity: string;
      };
    };
    answer: CodeTold;
  };
  /** Become the member a slip or a vouched phone number stands for. */
  "POST /api/v1/bind": {
    given: {
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
      body: BindIn;
    };
    answer: BoundTold;
  };
  /** All that are for oneself. */
  "GET /api/v1/bulletins": {
    given: {};
    answer: BulletinsTold;
  };
  /** One with its text; that marks nothing, /read does. */
  "GET /api/v1/bulletins/{bulletin}": {
    given: {
      path: {
        bulletin: string;
      };
    };
    answer: BulletinWholeTold;
  };
  /** One attachment, to be kept. */
  "GET /api/v1/bulletins/{bulletin}/files/{file}": {
    given: {
      path: {
        bulletin: string;
        file: string;
      };
    };
    answer: ArrayBuffer;
  };
  /** The text has been shown to the member: the edition in force is read; again changes nothing. */
  "POST /api/v1/bulletins/{bulletin}/read": {
    given: {
      path: {
        bulletin: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
    };
    answer: undefined;
  };
  /** Who has missed three in a row without leave, or was not seen for five months: 请了解情况, never a verdict. */
  "GET /api/v1/concerns": {
    given: {};
    answer: ConcernsTold;
  };
  /** Correct a record by adding what is right; nothing is ever deleted. */
  "POST /api/v1/corrections": {
    given: {
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
      body: CorrectionIn;
    };
    answer: RecordTold;
  };
  /** What nobody has looked at yet, for who runs the branch. */
  "GET /api/v1/held-texts": {
    given: {};
    answer: HeldsTold;
  };
  /** What one wrote oneself and was held, and what became of it: nothing typed is lost. */
  "GET /api/v1/held-texts/mine": {
    given: {};
    answer: OwnHeldsTold;
  };
  /** Show the text where it belongs, or leave it out; decided once, the second to decide is told (409 decided). */
  "POST /api/v1/held-texts/{text}/decision": {
    given: {
      path: {
        text: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
      body: LookIn;
    };
    answer: undefined;
  };
  /** 党员集中学习培训学时登记表 of the people one sees. */
  "GET /api/v1/hours.xlsx": {
    given: {
      query: {
        period: string;
      };
    };
    answer: ArrayBuffer;
  };
  /** What one may decide and nobody has yet, oldest first. */
  "GET /api/v1/leaves": {
    given: {};
    answer: LeavesTold;
  };
  /** 请假补课登记表 of the people one sees. */
  "GET /api/v1/leaves.xlsx": {
    given: {
      query: {
        period: string;
      };
    };
    answer: ArrayBuffer;
  };
  /** One's own requests, newest first. */
  "GET /api/v1/leaves/mine": {
    given: {
      query?: {
        after?: string;
        limit?: number;
      };
    };
    answer: LeavesTold;
  };
  /** Agree or not; of two who decide at once the second is told who was first (409 decided). */
  "POST /api/v1/leaves/{leave}/decision": {
    given: {
      path: {
        leave: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
      body: DecisionIn;
    };
    answer: LeaveTold;
  };
  /** Take the own request back; once granted, only before the activity begins. */
  "POST /api/v1/leaves/{leave}/withdraw": {
    given: {
      path: {
        leave: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
    };
    answer: LeaveTold;
  };
  /** Log in with the code of wx.login. */
  "POST /api/v1/login": {
    given: {
      body: LoginIn;
    };
    answer: LoginTold;
  };
  /** Where one is signed in, newest first. */
  "GET /api/v1/logins": {
    given: {};
    answer: LoginsTold;
  };
  /** End one of one's own logins; somebody else's is as good as none, as is one ended already. */
  "POST /api/v1/logins/{login}/end": {
    given: {
      path: {
        login: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
    };
    answer: undefined;
  };
  /** End this login; ending it twice is the same. */
  "POST /api/v1/logout": {
    given: {
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
    };
    answer: undefined;
  };
  /** What members say they have made up and one may confirm, oldest first. */
  "GET /api/v1/makeups": {
    given: {};
    answer: MakeUpsTold;
  };
  /** What one may still make up, within fourteen days after. */
  "GET /api/v1/makeups/owed": {
    given: {};
    answer: AllOwedTold;
  };
  /** Confirm it; a second time changes nothing. Nobody confirms the own. */
  "POST /api/v1/makeups/{makeup}/confirm": {
    given: {
      path: {
        makeup: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
    };
    answer: MakeUpTold;
  };
  /** Who one is, with the rights of this moment. */
  "GET /api/v1/me": {
    given: {};
    answer: MeTold;
  };
  /** One's own 学时, and 自学 beside them, which counts for nothing. */
  "GET /api/v1/me/hours": {
    given: {
      query?: {
        year?: number;
      };
    };
    answer: HoursTold;
  };
  /** What is to be told to oneself. Looking marks nothing: the mini-program says what it has shown. */
  "GET /api/v1/me/notices": {
    given: {};
    answer: NoticesTold;
  };
  /** These have been on the screen and need not be told again; others' are as good as none. */
  "POST /api/v1/me/notices/shown": {
    given: {
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
      body: ShownIn;
    };
    answer: undefined;
  };
  /** One's own year, each activity that is over as the sheet has it. */
  "GET /api/v1/me/record": {
    given: {
      query?: {
        year?: number;
      };
    };
    answer: OwnRecordTold;
  };
  /** Unread bulletins, rounds to fill in, where one's opinions stand. */
  "GET /api/v1/me/rights": {
    given: {};
    answer: RightsTold;
  };
  /** What one is reminded of (提醒): study and 自查 are chosen, nothing is sent of them that was not. */
  "GET /api/v1/me/wishes": {
    given: {};
    answer: WishesTold;
  };
  /** Choose; it holds from now on. */
  "POST /api/v1/me/wishes": {
    given: {
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
      body: WishesIn;
    };
    answer: WishesTold;
  };
  /** 党员名册 of the people one sees, as of today. */
  "GET /api/v1/members.xlsx": {
    given: {};
    answer: ArrayBuffer;
  };
  /** One's own signed opinions and their answers. */
  "GET /api/v1/opinions": {
    given: {};
    answer: SaidsTold;
  };
  /** Give an opinion under one's own name; without one it is given in the chat, which keeps no login. */
  "POST /api/v1/opinions": {
    given: {
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
      body: OpinionIn;
    };
    answer: SaidTold;
  };
  /** What those who run the branch have to answer, signed and unsigned. */
  "GET /api/v1/opinions/queue": {
    given: {};
    answer: QueueTold;
  };
  /** Answer a signed opinion; an unsigned one is answered on the page. */
  "POST /api/v1/opinions/{opinion}/answer": {
    given: {
      path: {
        opinion: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
      body: ReplyIn;
    };
    answer: SaidTold;
  };
  /** What one may sit now. */
  "GET /api/v1/papers": {
    given: {};
    answer: OffersTold;
  };
  /** All papers, for who runs study. */
  "GET /api/v1/papers/all": {
    given: {};
    answer: PapersTold;
  };
  /** Everybody's last finished sitting, for who runs study. */
  "GET /api/v1/papers/{paper}/results": {
    given: {
      path: {
        paper: string;
      };
    };
    answer: ResultsTold;
  };
  /** Begin a sitting: its questions are drawn once, its end is fixed. One under way is the one there is. */
  "POST /api/v1/papers/{paper}/sittings": {
    given: {
      path: {
        paper: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
    };
    answer: SittingTold;
  };
  /** 三会一课、主题党日落实情况一览表 of the meetings one runs or sees. */
  "GET /api/v1/plan.xlsx": {
    given: {
      query: {
        period: string;
      };
    };
    answer: ArrayBuffer;
  };
  /** What one is asked now, the earliest close first, and what has been published. */
  "GET /api/v1/rounds": {
    given: {};
    answer: RoundsTold;
  };
  /** One round one is asked in: form and own answer, at last figures and table. */
  "GET /api/v1/rounds/{round}": {
    given: {
      path: {
        round: string;
      };
    };
    answer: RoundWholeTold;
  };
  /** Answer a signed round; again before the close takes the place of the earlier answer. */
  "POST /api/v1/rounds/{round}/answers": {
    given: {
      path: {
        round: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
      body: FormIn;
    };
    answer: undefined;
  };
  /** Answer an unnamed round, which is final; the same ballot again is the same answer. */
  "POST /api/v1/rounds/{round}/ballots": {
    given: {
      path: {
        round: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
      body: BallotIn;
    };
    answer: undefined;
  };
  /** What one is expected at, from half a year ahead on backwards. */
  "GET /api/v1/seats": {
    given: {
      query?: {
        after?: string;
        limit?: number;
      };
    };
    answer: SeatsTold;
  };
  /** One's own sittings, newest first. */
  "GET /api/v1/sittings": {
    given: {};
    answer: SittingsTold;
  };
  /** One sitting, on whatever phone it was begun; of others its result, for who runs study. */
  "GET /api/v1/sittings/{sitting}": {
    given: {
      path: {
        sitting: string;
      };
    };
    answer: SittingTold;
  };
  /** Answer one question of the own sitting; kept at once, the first answer stands. 409 over: it came too late. */
  "POST /api/v1/sittings/{sitting}/answers": {
    given: {
      path: {
        sitting: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
      body: SittingAnswerIn;
    };
    answer: KeptTold;
  };
  /** End the own sitting and fix its score; a second time changes nothing. */
  "POST /api/v1/sittings/{sitting}/hand-in": {
    given: {
      path: {
        sitting: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
    };
    answer: SittingTold;
  };
  /** A table of attendance over a span: activities that are over, of the people one sees. */
  "GET /api/v1/stats": {
    given: {
      query: {
        after?: string;
        limit?: number;
        period: string;
        by?: By;
        /** The name of a group. */
        group?: string;
        kind?: ActivityKind;
      };
    };
    answer: StatsTold;
  };
  /** 党员参加组织生活情况统计表 of the people one sees. */
  "GET /api/v1/stats.xlsx": {
    given: {
      query: {
        period: string;
      };
    };
    answer: ArrayBuffer;
  };
  /** How many of today's are done, how many 错题 there are, and the topics. */
  "GET /api/v1/study": {
    given: {};
    answer: StudyTold;
  };
  /** Answer one question; kept at once, and once for each Idempotency-Key. Results enter no appraisal. */
  "POST /api/v1/study/answers": {
    given: {
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
      body: AnswerIn;
    };
    answer: AnsweredTold;
  };
  /** What the branch reads, in order; one's own place on it. */
  "GET /api/v1/study/path": {
    given: {};
    answer: PathTold;
  };
  /** One has read it; a second time changes nothing. */
  "POST /api/v1/study/path/{step}/read": {
    given: {
      path: {
        step: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string;
      };
    };
    answer: undefined;
  };
  /** The question that comes next; asking again gives the same one until it is answered. */
  "GET /api/v1/study/question": {
    given: {
      query?: {
        purpose?: Purpose;
        topic?: Topic;
        since?: string;
        /** Ids with commas between. */
        skipped?: string;
      };
    };
    answer: NextTold;
  };
}
