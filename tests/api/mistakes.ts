// What a caller may get wrong; tsc has to say so in every line that follows the mark.
import { Api } from "../../client/request";

const api = new Api("https://zhibu.example.cn");

// @ts-expect-error no such operation
void api.call("GET /api/v1/nothing");
// @ts-expect-error the activity is missing
void api.call("GET /api/v1/activities/{activity}");
// @ts-expect-error wx.request knows no PATCH
void api.call("PATCH /api/v1/activities/{activity}", { path: { activity: "k7m2p9q4wx" } });
void api.call("POST /api/v1/activities/{activity}/leaves", {
  path: { activity: "k7m2p9q4wx" },
  // @ts-expect-error no such class of leave
  body: { reason_class: "holiday" },
});
// @ts-expect-error a workbook is fetched with file()
void api.call("GET /api/v1/members.xlsx");
// @ts-expect-error and a list is no file
void api.file("GET /api/v1/activities");
void api.call("GET /api/v1/me").then((me) => {
  // @ts-expect-error the group may be none
  me.group.length;
});
