// Where somebody writes and adds pictures; what is in it stays until it is taken out, whatever goes wrong elsewhere.
import { by, fill, make } from "./dom.js";
import { NoPicture, isPicture, redrawn } from "./pictures.js";
import * as words from "./sentences.js";

const LARGEST_FILE = 3000000; // bytes: base64 makes 4 MiB of it
const BUCKET = 1048576; // bytes that a picture takes
const LARGE_BUCKET = 4194304;

export const takes = (size) => (size > 740000 ? LARGE_BUCKET : BUCKET);

// Puts a composer into `place`. room(): bytes a case still takes. Gives {text(), files(), busy(), clear()}.
export function composer(place, room) {
  place.append(by("composer").content.cloneNode(true));
  const area = place.querySelector("textarea");
  const chooser = place.querySelector("input[type=file]");
  area.id = `${place.id}-text`;
  chooser.id = `${place.id}-files`;
  area.closest(".field").querySelector("label").htmlFor = area.id;
  chooser.closest(".field").querySelector("label").htmlFor = chooser.id;
  const [doing, no, warned, list] = ["doing", "no", "warned", "attached"].map((name) => place.querySelector(`.${name}`));
  let files = [];
  let drawing = 0;
  let pictures = 0;
  let others = 0;

  const tell = (node, sentence) => {
    node.textContent = sentence;
    node.hidden = !sentence;
  };
  const draw = () =>
    fill(
      list,
      ...files.map((file) =>
        make("li", {}, make("span", { text: words.attached(file.name, file.data.length) }),
          make("button", {
            type: "button", class: "quiet", text: words.REMOVE, "aria-label": words.removeLabel(file.name),
            click: () => {
              files = files.filter((one) => one !== file);
              draw();
            },
          }))));
  const add = (file) => {
    const used = files.reduce((sum, one) => sum + takes(one.data.length), 0);
    if (used + takes(file.data.length) > room()) return tell(no, words.CASE_FULL);
    files.push(file);
    return draw();
  };

  async function picture(file) {
    try {
      const data = await redrawn(file);
      pictures += 1;
      add({ name: `${words.pictureName(pictures)}.jpg`, type: "image/jpeg", data });
    } catch (why) {
      tell(no, words.PICTURE[why instanceof NoPicture ? why.code : "undecodable"]);
    }
  }

  const warn = (file) =>
    new Promise((done) => {
      const answered = (keep) => () => {
        warned.hidden = true;
        done(keep);
      };
      fill(
        warned,
        make("p", { text: words.fileWarning(file.name) }),
        make("div", { class: "actions" },
          make("button", { type: "button", text: words.KEEP_FILE, click: answered(true) }),
          make("button", { type: "button", class: "quiet", text: words.LEAVE_FILE, click: answered(false) })));
      warned.hidden = false;
      warned.querySelector("button").focus();
    });

  async function other(file) {
    if (file.size > LARGEST_FILE) return tell(no, words.FILE_LARGE);
    if (!(await warn(file))) return undefined;
    const data = new Uint8Array(await file.arrayBuffer());
    others += 1;
    const ending = /\.[A-Za-z0-9]{1,5}$/.exec(file.name);
    return add({ name: `${words.fileName(others)}${ending ? ending[0].toLowerCase() : ""}`, type: "application/octet-stream", data });
  }

  chooser.addEventListener("change", async () => {
    const chosen = [...chooser.files];
    chooser.value = "";
    tell(no, "");
    drawing += 1;
    for (const file of chosen) {
      if (isPicture(file)) {
        tell(doing, words.DRAWING);
        await picture(file);
        tell(doing, "");
      } else {
        await other(file).catch(() => tell(no, words.TROUBLE));
      }
    }
    drawing -= 1;
  });

  return {
    text: () => area.value.trim(),
    files: () => files,
    busy: () => drawing > 0,
    empty: () => !area.value.trim() && !files.length,
    clear: () => {
      area.value = "";
      files = [];
      draw();
      tell(no, "");
    },
  };
}
