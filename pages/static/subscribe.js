// Has WeChat show its buttons of consent, and says what came of a tap; what counts is what WeChat tells the server.

const sign = document.getElementById("sign");
const elsewhere = document.getElementById("elsewhere");

/** This is no WeChat that could ask: say where it can. */
function nowhere() {
  if (sign) sign.hidden = true;
  elsewhere.hidden = false;
}

/** Say what one tap led to: the answer is JSON, template -> accept, reject, cancel, filter. */
function told(place, detail) {
  let answers = {};
  try {
    answers = JSON.parse(detail?.subscribeDetails ?? "{}");
  } catch {
    // nothing to be read: say nothing
  }
  const said = Object.values(answers).map((one) => (typeof one === "string" ? JSON.parse(one).status : one.status));
  const yes = said.filter((one) => one === "accept").length;
  place.textContent = yes ? "已同意，谢谢。想多收几条，可以再点。" : "没有同意，不要紧，不会漏。";
}

if (sign && window.wx) {
  window.wx.config({
    debug: false,
    appId: sign.dataset.app,
    timestamp: Number(sign.dataset.timestamp),
    nonceStr: sign.dataset.nonce,
    signature: sign.dataset.signature,
    jsApiList: [],
    openTagList: ["wx-open-subscribe"],
  });
  window.wx.error(nowhere);
  document.addEventListener("WeixinOpenTagsError", nowhere);
  for (const tag of sign.querySelectorAll("wx-open-subscribe")) {
    const place = tag.closest("section").querySelector(".told");
    tag.addEventListener("success", (event) => told(place, event.detail));
    tag.addEventListener("error", (event) => {
      if (/cancel/.test(event.detail?.errMsg ?? "")) told(place, {});
      else nowhere();
    });
  }
} else if (elsewhere) {
  nowhere();
}
