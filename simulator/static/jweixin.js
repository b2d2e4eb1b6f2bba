// What pages of the account load as WeChat's JS SDK; of it only wx.config, wx.ready, wx.error and <wx-open-subscribe>.
// The real one asks the phone; this one asks the simulator: the signature by a script of the same address, so that a
// page needs to allow nothing more, the person in a small window.

(() => {
  const here = new URL(document.currentScript.src);
  const waiting = { ready: [], error: [] };
  let settings = null;
  let told = null; // what came of wx.config: {ok, errMsg}

  function tell(result) {
    told = result;
    for (const each of waiting[result.ok ? "ready" : "error"].splice(0)) each({ errMsg: result.errMsg });
    if (result.ok) document.querySelectorAll("wx-open-subscribe").forEach((element) => element.draw());
  }

  function later(when, work) {
    if (told && told.ok === (when === "ready")) work({ errMsg: told.errMsg });
    else waiting[when].push(work);
  }

  window.wx = {
    config(options) {
      settings = options;
      const { appId, timestamp, nonceStr, signature } = options;
      const asked = new URL(here.pathname, here.origin);
      asked.search = new URLSearchParams({ appId, timestamp, nonceStr, signature, url: location.href.split("#")[0] });
      const script = document.createElement("script");
      script.src = asked.href;
      script.addEventListener("error", () => tell({ ok: false, errMsg: "config:fail" }));
      document.head.append(script);
    },
    ready: (work) => later("ready", work),
    error: (work) => later("error", work),
    simulated: tell,
  };

  class Subscribe extends HTMLElement {
    connectedCallback() {
      this.draw();
    }

    draw() {
      if (!told?.ok || this.shadowRoot || !settings.openTagList?.includes("wx-open-subscribe")) return;
      const parts = [...this.querySelectorAll("script[type='text/wxtag-template']")];
      const shadow = this.attachShadow({ mode: "open" });
      for (const part of parts) {
        if (part.slot === "style") {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(part.textContent.replace(/<\/?style>/g, ""));
          shadow.adoptedStyleSheets = [sheet];
        } else {
          shadow.append(document.createRange().createContextualFragment(part.textContent));
        }
      }
      shadow.addEventListener("click", () => this.ask());
    }

    ask() {
      const asked = new URL("/open/subscribe", here.origin);
      asked.search = new URLSearchParams({ template: this.getAttribute("template") ?? "", origin: location.origin });
      const answered = (event) => {
        if (event.origin !== here.origin || !event.data?.subscribe) return;
        removeEventListener("message", answered);
        const { errMsg, answers } = event.data.subscribe;
        const said = Object.entries(answers).map(([id, yes]) => [id, JSON.stringify({ status: yes ? "accept" : "reject" })]);
        const detail = { errMsg, subscribeDetails: JSON.stringify(Object.fromEntries(said)) };
        this.dispatchEvent(new CustomEvent(errMsg === "subscribe:ok" ? "success" : "error", { detail }));
      };
      addEventListener("message", answered);
      open(asked.href, "wx-open-subscribe", "popup,width=420,height=600");
    }
  }

  customElements.define("wx-open-subscribe", Subscribe);
})();
