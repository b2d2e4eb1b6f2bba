// A page of a mini-program, to begin with: who one is, what is on, 我到了 by the number on the screen.
import { Api, key, NoAnswer, Refused } from "./request";
import type { ActivityTold } from "./zhibu";

const api = new Api("https://zhibu.example.cn");
const TOKEN = "token";

/** wx.login's code becomes our token; false for somebody who has to send the 8 digits of the slip first. */
async function comeIn(): Promise<boolean> {
  const { code } = await wx.login();
  api.token = "";
  const told = await api.call("POST /api/v1/login", { body: { code } });
  api.token = told.token;
  wx.setStorageSync(TOKEN, told.token);
  return told.bound;
}

/** Ask; where the login has run out, log in anew and ask once more. */
async function signedIn<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Refused && error.code === "login")) throw error;
    await comeIn();
    return await ask();
  }
}

/** What to tell a person: the server's own sentence, or that nothing came back. */
export function sentence(error: unknown): string {
  if (error instanceof Refused) return error.message;
  if (error instanceof NoAnswer) return "没有连上网，请稍后再试。";
  throw error;
}

interface Shown {
  name: string;
  activities: ActivityTold[];
  next: string | null;
}

Page({
  data: { name: "", activities: [], next: null } as Shown,
  deed: "", // of the check-in that is under way: kept until it is answered

  async onLoad() {
    api.token = wx.getStorageSync<string>(TOKEN) ?? "";
    try {
      const me = await signedIn(() => api.call("GET /api/v1/me"));
      this.setData({ name: me.name });
      if (me.leads.length > 0 || me.sees_branch) await this.more();
    } catch (error) {
      if (error instanceof Refused && error.code === "unbound") wx.navigateTo({ url: "/pages/bind/bind" });
      else wx.showToast({ title: sentence(error), icon: "none" });
    }
  },

  /** The next page of the list. */
  async more() {
    const query = this.data.next === null ? {} : { after: this.data.next };
    const told = await signedIn(() => api.call("GET /api/v1/activities", { query }));
    this.setData({ activities: [...this.data.activities, ...told.activities], next: told.next });
  },

  /** The form's six digits; tapping twice, or again when the network is back, is one check-in. */
  async arrive(event: WechatMiniprogram.FormSubmit) {
    const { activity, number } = event.detail.value as { activity: string; number: string };
    this.deed ||= key();
    try {
      const told = await signedIn(() =>
        api.call("POST /api/v1/activities/{activity}/checkins", {
          path: { activity },
          headers: { "Idempotency-Key": this.deed },
          body: { method: "number", code: number },
        }),
      );
      this.deed = "";
      wx.showToast({ title: told.already ? "已签到" : "签到成功" });
    } catch (error) {
      if (error instanceof Refused) this.deed = ""; // answered: another try is another deed
      wx.showModal({ content: sentence(error), showCancel: false });
    }
  },
});
