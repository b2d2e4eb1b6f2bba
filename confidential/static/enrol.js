// How somebody becomes a handler: a key made here, a passphrase on paper; and, once listed, the way to log in.
import { base64, toText } from "./bytes.js";
import { by, fill, handOut, make, once, say, show } from "./dom.js";
import * as enrolment from "./enrolment.js";
import { Fault } from "./errors.js";
import { drawPassphrase, make as makeKeyFile, openIdentity, passphrase } from "./keyfile.js";
import { drawIdentity, fingerprint } from "./keys.js";
import { picture as qr } from "./qr.js";
import { enrol as enrolling } from "./requests.js";
import * as words from "./sentences.js";
import * as totp from "./totp.js";
import { Refused, post } from "./wire.js";
import { bare } from "./wordlist.js";

const MOST = 8192; // bytes of a file worth reading

// chosen(id): {id, recipient} picked in the select of that id, or null; door(sentence) goes back.
export function enrol({ chosen, door }) {
  const state = { asked: null, words: null, made: null, opened: null };
  const click = (id, work) => by(id).addEventListener("click", (event) => once(event.currentTarget, work));

  click("to-make", () => show("make"));
  click("make-next", () => {
    const desk = document.querySelector("input[name=make-desk]:checked");
    const role = by("make-role").value.replace(/[\p{C}\p{Z}]+/gu, " ").trim();
    const no = (!desk && words.HANDLER_DESK) || (!role && words.HANDLER_ROLE) || "";
    say("make-no", no);
    if (no) return;
    state.asked = { desk: desk.value, role };
    state.words = drawPassphrase();
    showWords();
  });
  const showWords = () => {
    fill(by("make-passphrase"), ...state.words.split(" ").map((group) => make("span", { text: group })));
    show("make-words");
  };
  click("make-copied", () => {
    fill(by("make-passphrase"));
    by("make-typed").value = "";
    say("make-back-no", "");
    show("make-back");
  });
  click("make-again", showWords);
  click("make-check", async () => {
    try {
      if (passphrase(by("make-typed").value) !== passphrase(state.words)) return say("make-back-no", words.PASSPHRASE_UNLIKE);
    } catch (fault) {
      return say("make-back-no", words.wrongPassphrase(fault));
    }
    const identity = drawIdentity();
    const { desk, role } = state.asked;
    state.made = { key: await makeKeyFile(identity.text, state.words), file: enrolment.write(desk, role, identity) };
    const groups = fingerprint(identity.signing().verifyKey).split(" ");
    fill(by("make-fingerprint"), ...groups.flatMap((group) => [make("span", { text: group }), " "]));
    state.words = null;
    by("make-typed").value = "";
    return show("make-files");
  });
  click("make-key", () => handOut(`handler-key-${state.asked.desk}.age`, state.made.key));
  click("make-file", () => handOut(`handler-enrolment-${state.asked.desk}.json`, state.made.file));

  click("to-open", () => show("open"));
  by("open-file").addEventListener("change", () => {
    const [file] = by("open-file").files;
    if (file) by("open-file-name").textContent = file.name;
  });
  click("open-next", async () => {
    say("open-no", "");
    const who = chosen("open-who");
    const [file] = by("open-file").files;
    const no = (!who && words.PICK_WHO) || (!file && words.NO_FILE) || "";
    if (no) return say("open-no", no);
    try {
      const key = new Uint8Array(await file.slice(0, MOST).arrayBuffer());
      const identity = await openIdentity(key, by("open-words").value, who.recipient);
      state.opened = { who, key: base64(key), identity, secret: totp.drawSecret(), recovery: [totp.drawRecovery(), totp.drawRecovery()] };
    } catch (fault) {
      return say("open-no", fault instanceof Fault ? words.wrongPassphrase(fault) : words.TROUBLE);
    }
    by("open-words").value = "";
    const { secret, recovery } = state.opened;
    fill(by("open-qr"), qr(totp.address(secret, who.id), words.QR_NAME));
    by("open-secret").textContent = secret.replace(/(.{4})(?=.)/g, "$1 ");
    by("open-recovery").textContent = recovery.join("\n");
    return show("open-code");
  });
  click("open-print", () => window.print());
  click("open-finish", async () => {
    say("open-code-no", "");
    const { who, key, identity, secret, recovery } = state.opened;
    if (!(await totp.fits(secret, bare(by("open-digits").value)))) return say("open-code-no", words.CODE_WRONG);
    try {
      const { nonce } = await post("handler/nonce", {});
      const sig = toText(identity.signing().sign(enrolling(nonce, key, secret)));
      await post("handler/enrol", { handler: who.id, key_file: key, totp: secret, recovery: recovery.map(totp.digest), nonce, sig });
    } catch (why) {
      return say("open-code-no", why instanceof Refused ? why.sentence : words.OFFLINE);
    }
    state.opened = null;
    for (const id of ["open-qr", "open-secret", "open-recovery"]) fill(by(id));
    return door(words.ENROLLED);
  });
}
