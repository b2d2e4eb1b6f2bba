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

/** Every error: a lower-case word for the program, and a sentence for the person who holds the phone. */
export interface ErrorTold {
  code: string;
  message: string;
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

/** How one says 「I am here」. */
export type How = "number" | "scan" | "place";

/** Why somebody cannot come; duty and trip are 公假. */
export type LeaveClass = "duty" | "trip" | "sick" | "personal" | "away" | "other";

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

/** 人员类别: where a person stands with the Party (党章 1, 7, 9; 发展党员工作细则). */
export type MemberStatus = "full" | "probationary" | "candidate" | "activist" | "applicant" | "citizen" | "suspended" | "moved";

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

/** One signed-in mini-program. */
export interface OneLogin {
  id: string;
  created_at: string;
  expires_at: string;
  /** The one that asks. */
  here: boolean;
}

/** A new activity; without a group it is the branch's. */
export interface PlanIn {
  kind: ActivityKind;
  title: string;
  starts_at: string;
  place?: string;
  group?: string | null;
}

/** 党内职务 of a branch, and the leading group with its office that the founding plan sets up. */
export type Role = "secretary" | "deputy" | "organisation" | "publicity" | "discipline" | "youth" | "group_leader" | "leading_head" | "leading_deputy" | "leading_member" | "office";

/** A page of the sheet, the absent first; the figures are those of the whole sheet one sees. */
export interface RosterTold {
  lines: LineTold[];
  figures: FiguresTold;
  next: string | null;
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

/** What stands in a person's cell. */
export type Status = "came" | "late" | "registered" | "leave" | "not_come" | "absent" | "exempt" | "exempt_came" | "to_check" | "withdrawn" | "guest" | "invited" | "other_group";

export interface Operations {
  /** The activities one may open, newest first, each with the figures of the people one sees. */
  "GET /api/v1/activities": {
    given: {
      query?: {
        after?: string | null;
        limit?: number;
        from?: string | null;
        to?: string | null;
        kind?: ActivityKind | null;
        /** The name of a group, for its own meetings. */
        group?: string | null;
      };
    };
    answer: ActivitiesTold;
  };
  /** Plan an activity; everybody expected has a seat at once. 200 where the same plan stands already. */
  "POST /api/v1/activities": {
    given: {
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string | null;
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
  /** Call off what has not begun (取消), as it was seen at `version`; everybody expected is told. */
  "POST /api/v1/activities/{activity}/cancel": {
    given: {
      path: {
        activity: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string | null;
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
        "Idempotency-Key"?: string | null;
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
        "Idempotency-Key"?: string | null;
      };
    };
    answer: ActivityTold;
  };
  /** Move what has not begun (改期), as it was seen at `version`; everybody expected is told. */
  "POST /api/v1/activities/{activity}/move": {
    given: {
      path: {
        activity: string;
      };
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string | null;
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
        "Idempotency-Key"?: string | null;
      };
    };
    answer: ActivityTold;
  };
  /** Who is expected and who is here, the absent first; of one's own group alone, unless one sees the branch. */
  "GET /api/v1/activities/{activity}/roster": {
    given: {
      path: {
        activity: string;
      };
      query?: {
        after?: string | null;
        limit?: number;
        status?: Status | null;
      };
    };
    answer: RosterTold;
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
        "Idempotency-Key"?: string | null;
      };
      body: BindIn;
    };
    answer: BoundTold;
  };
  /** Log in with the code of wx.login. */
  "POST /api/v1/login": {
    given: {
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string | null;
      };
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
        "Idempotency-Key"?: string | null;
      };
    };
    answer: undefined;
  };
  /** End this login; ending it twice is the same. */
  "POST /api/v1/logout": {
    given: {
      headers?: {
        /** Made anew for every deed of a person and repeated with every repetition; kept for a day. */
        "Idempotency-Key"?: string | null;
      };
    };
    answer: undefined;
  };
  /** Who one is, with the rights of this moment. */
  "GET /api/v1/me": {
    given: {};
    answer: MeTold;
  };
  /** What one is expected at, from half a year ahead on backwards. */
  "GET /api/v1/seats": {
    given: {
      query?: {
        after?: string | null;
        limit?: number;
      };
    };
    answer: SeatsTold;
  };
}
