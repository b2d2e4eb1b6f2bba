// The popup in which a person allows messages of templates; the answer goes to the page that asked.

import { post } from "./api.js";
import { $, toast } from "./dom.js";

const { person, origin } = document.body.dataset;

function answer(errMsg, answers) {
  window.opener?.postMessage({ subscribe: { errMsg, answers } }, origin || "*");
  window.close();
}

$("subscribe-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const boxes = [...event.target.querySelectorAll("input[type=checkbox]")];
  const answers = Object.fromEntries(boxes.map((box) => [box.name, box.checked]));
  try {
    await post(`/sim/people/${person}/popup`, { answers });
    answer("subscribe:ok", answers);
  } catch (error) {
    toast(error.message);
  }
});
$("subscribe-cancel").addEventListener("click", () => answer("subscribe:cancel", {}));
// The page comes with them disabled: a tap before this script listens would be lost.
document.querySelectorAll("#subscribe-form button").forEach((each) => (each.disabled = false));
