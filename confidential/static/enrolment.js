// The enrolment file that a future handler hands to whoever keeps the root; twin of sealed/enrolment.py.
import { join, toText, utf8 } from "./bytes.js";

// JSON text for {desk: "own" or "upper", role: at most 30 characters, identity}.
export function write(desk, role, identity) {
  const signing = identity.signing();
  const doc = JSON.stringify({ v: 1, desk, role, recipient: identity.recipient, verify: toText(signing.verifyKey) });
  const sig = toText(signing.sign(join(utf8("zhibu/enrolment/v1\n"), utf8(doc))));
  return `${JSON.stringify({ doc, sig })}\n`;
}
