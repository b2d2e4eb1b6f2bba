// Inside WeChat, which sees what is opened there, a page only shows the way out.
import { by, show } from "./dom.js";
import { picture as qr } from "./qr.js";

// Whether it is WeChat; then the step `inside` is shown, with the address of this page (a path) to open elsewhere.
export function insideWeChat(path) {
  if (!/MicroMessenger/i.test(navigator.userAgent)) return false;
  const address = `${location.origin}${path}`;
  by("inside-code").append(qr(address, address));
  by("inside-address").textContent = address;
  show("inside");
  return true;
}
