// Every Chinese sentence that the desk's two pages build in code; fixed wording stands in their HTML.

export const KINDS = [
  { id: "advice", words: "提建议" },
  { id: "facts", words: "反映情况" },
  { id: "criticism", words: "批评" },
  { id: "breach", words: "举报违纪" },
  { id: "appeal", words: "对处理不服（申诉）" },
  { id: "accusation", words: "告侵犯我权利的人（控告）" },
  { id: "unsure", words: "不清楚" },
];

export const STATES = {
  received: "已收到",
  working: "承办人已看",
  transferred: "已转上级",
  answered: "已答复",
  closed: "已办结",
};

// The kind stands in the text's first line, as in the chat: the desk's file knows nothing of it.
export const withKind = (kind, text) => `【${kind}】\n${text}`;

export function kindOf(text) {
  const found = /^【([^】]{1,20})】/.exec(text);
  return (found && KINDS.find((kind) => kind.words === found[1])) || null;
}

const VERDICTS = {
  broken: "打开后不是一份完整的内容",
  bad_signature: "签名不对",
  other_case: "是从另一件反映挪来的",
  other_desk: "写明的是另一级承办人",
  not_submitter: "不是用这件反映的回执写的",
  unknown_list: "名单上查不到写它的时候的承办人",
  not_handler: "不是名单上这位承办人写的",
  seen_twice: "内部编号重复",
  repeated: "同一份内容又出现了一次",
};

// What has to be said over a message; nothing over an authentic one.
export function doubt(verdict) {
  if (verdict === "missing") return "有消息缺失：写的人当时看到过的内容，现在少了。";
  return VERDICTS[verdict] ? `无法核实：${VERDICTS[verdict]}。请不要当真。` : "";
}

export const NOT_ITS_CASE = "无法核实：服务器给的不是这份回执的内容。请不要相信，并告诉上级机关。";
export const notWhole = (count) => `有消息缺失：少了${count}条以前有过的内容。请记下来，告诉上级机关。`;

// A desk of the list, by role.
export const readers = (desk) => desk.handlers.map((one) => one.role).join("、");
export const deskLine = (id) => ({ own: "本级承办人", upper: "上级承办人" })[id];
export const deskClosed = "暂不接收（承办人不足两人）。";

export function turnTo(upper) {
  const lines = ["党员干部违纪，可以拨打12388。选人用人方面的，可以拨打12380。"];
  if (upper.name && upper.telephone) lines.push(`上级机关：${upper.name}，电话${upper.telephone}。`);
  if (upper.address) lines.push(`也可以寄信：${upper.address}，${upper.name || "上级纪检机关"}收。`);
  return lines;
}

export function publicServices(telephone) {
  return `对天气预报、气象服务有意见，请打12345${telephone ? `，或本局电话${telephone}` : ""}，那边办得更快。`;
}

const SHUT = {
  ListExpired: "承办人名单过期了，现在不能发送。",
  ListTooLong: "您手机的日期和名单对不上，现在不能发送。请先把手机的日期调对。",
  WrongRoot: "承办人名单的签名不对，可能有人动过，现在不能发送。请把这件事告诉上级机关。",
  ListRolledBack: "承办人名单被换成了旧的，现在不能发送。请把这件事告诉上级机关。",
  ListOlderThanSeen: "承办人名单比这个浏览器见过的旧，可能有人动过。请先打电话问上级。",
  WrongSuite: "网页和名单不是同一版，现在不能发送。请刷新网页。",
  ListChanged: "承办人名单换了。请按「返回修改」回到“交给谁”，看清现在由谁看，再发送。",
  ListBroken: "承办人名单坏了，现在不能发送。",
};

// Why nothing can be sent now, by the code of a fault or of the desk's no.
export function shut(code, clockAhead = false) {
  if (code === "ListExpired" && clockAhead) return "承办人名单过期了，或者您手机的日期不对。请先看看手机的日期。";
  return SHUT[code] || "请用下面的办法。";
}

export function wrongReceipt(fault) {
  if (fault.code === "WrongLength") return `回执是12个字，您填了${fault.facts.found}个。`;
  if (fault.code === "NotInList") return `第${fault.facts.places.join("、")}个字不在回执用的字里，请对照纸上逐字核对。`;
  return "查无此回执，请逐字核对。";
}

export function wrongPassphrase(fault) {
  if (fault.code === "WrongLength") return `口令是8个字，您填了${fault.facts.found}个。`;
  if (fault.code === "NotInList") return `第${fault.facts.places.join("、")}个字不是口令用的字，请对照纸上逐字核对。`;
  if (fault.code === "KeyFileFault") return "这不是承办人的密钥文件。";
  if (fault.code === "KeyFileSwapped") return "密钥文件和名单对不上，可能被人换过。请停下来，打电话告诉上级。";
  return "口令不对，请对照纸上逐字核对。";
}

export const askBack = (places) => `请对照纸上，填第${places[0]}、第${places[1]}、第${places[2]}个字。`;
export const placeLabel = (place) => `第${place}个字`;
export const BACK_WRONG = "和回执对不上。请回去再看一眼，抄的和显示的要一字不差。";

export const OFFLINE = "网不通，没有连上。您写的还在，请过一会儿再试。";
export const CHECK_NOTHING = "还没有写内容。";
export const CHECK_KIND = "请选一类。分不清的，选“不清楚”。";
export const CHECK_DESK = "请选交给谁。";
export const CASE_FULL = "一件反映最多放8 MB，这个放不下了。请减少图片或附件。";

export const PICTURE = {
  undecodable: "这张图片打不开，没有带上。请换成普通照片（JPG），或者截图后再选。",
  blank: "这张图片是一片空白，没有带上。请换一张，或换一个浏览器。",
  large: "这张图片缩小后还是太大，没有带上。请拍近一点，分几张。",
};
export const FILE_LARGE = "附件超过3 MB，没有带上。请拆开，或把要紧的几页拍成照片。";
export const DRAWING = "正在重画图片，请稍等……";
export const fileWarning = (name) =>
  `“${name}”不是图片，会原样送给承办人。文件里可能藏着您的姓名、单位、编辑时间。能拍照的，请改拍照片。`;
export const pictureName = (number) => `图片${number}`;
export const fileName = (number) => `附件${number}`;
export const KEEP_FILE = "我知道，照样带上";
export const LEAVE_FILE = "不带了";
export const REMOVE = "去掉";
export const removeLabel = (name) => `去掉${name}`;
export const attached = (name, size) => `${name}（${kilobytes(size)}）`;
export const kilobytes = (size) => (size < 1000000 ? `${Math.max(1, Math.round(size / 1000))} KB` : `${(size / 1000000).toFixed(1)} MB`);

export const summary = (desk, kind, count, files) =>
  `交给：${deskLine(desk.id)}（${readers(desk)}）\n类别：${kind}\n正文：${count}字${files ? `\n图片和附件：${files}个` : ""}`;

export const SEALING = "正在您的手机上加密……";
export const WORKING = "正在做发送前的计算（防止有人乱发），请不要关网页……";
export const SENDING = "正在发送……";
export const NOT_ARRIVED = "刚才没有送到，对方什么都没有收到。您写的还在，请再按一次发送。";
export const UNKNOWN = "网断了，还不知道送到没有。您写的还在，请不要关网页。网通了，按「查一查」就知道。";
export const ARRIVED_BEFORE = "先前那一份已经送到了。改动的地方，请凭回执用「补充」再写。";
export const TROUBLE = "这里出了差错，没有发送。您写的还在，请再试一次。";

export const NO_CASE = "查无此回执，请逐字核对。撤回了的、办结满180天的，也查不到。";
export const stateLine = (state, upper = "") =>
  `现在：${STATES[state] || STATES.received}${state === "transferred" && upper ? `（${upper}）` : ""}`;
export const ownMessages = (count) => `有${count}条凭回执打不开：您写的，还有承办人之间交接的，只有承办人能看。`;
export const answerFrom = (role) => `${role}答复`;
export const sawLine = (count) => `写这段时，承办人看到了${count}条内容。`;
export const NO_ANSWER = "还没有答复。大约每周看一次就行。";
export const largeOnes = (count, size) => `还有${count}个大的没有取（共${kilobytes(size)}，费流量），可能是承办人给您的附件。`;
export const UNKNOWN_HANDLER = "承办人";
export const SUBMITTER = "来信人";
export const ADDED = "补充的已收到。";
export const UNKNOWN_ADD = "网断了，还不知道送到没有。您写的还在，网通了再按一次，不会重复。";
export const ADD_NOT_ARRIVED = "刚才没有送到。您写的还在，请再按一次。";
export const WITHDRAWN = "已撤回，库里全部删掉了。备份里的，下一次备份盖过去就没有了。承办人已经看过的，收不回来。";
export const WITHDRAW_UNKNOWN = "网断了，还不知道撤回没有。请再按一次。";
export const save = (name, size) => `存下${name}（${kilobytes(size)}）`;

// --- handlers ----------------------------------------------------------------------------------------------------

export const HANDLER_DESK = "请选本级或上级。";
export const HANDLER_ROLE = "请写职务，如“支部纪检委员”。";
export const PASSPHRASE_UNLIKE = "和刚才的口令对不上。请看着纸上抄的再填一次。";
export const NOT_LISTED = "名单上还没有承办人。请等名单签好、换上以后再来。";
export const NO_FILE = "请选密钥文件。";
export const PICK = "请选";
export const QR_NAME = "给动态码软件扫的码";
export const pickLabel = (name) => `选中：${name}`;
export const restTitle = (count) => `已答复的、已办结的（${count}件）`;
export const openLarge = (count, size) => `取下图片和附件（${count}个，${kilobytes(size)}）`;
export const handlerShut = (code) =>
  SHUT[code] ? `${SHUT[code]}来信都在，名单换好以后再看。` : "还没有名单，或者承办人不足两人。可以先做密钥，或者练一遍。";
export const PICK_WHO = "请选您是谁。";
export const CODE_WRONG = "6位数字不对。请看手机上现在的数字；手机的时间要准。";
export const ENROLLED = "登记好了。以后选您的职务，凭6位数字和口令登录。";
export const signedInAs = (role, desk) => `${role}（${deskLine(desk)}）`;
export const READING = "正在您的电脑上解密……";
export const readingSome = (done, all) => `正在解密，${done}／${all}……`;
export const waited = (days) => (days > 0 ? `已等${days}天` : "本周来的");
export const WAITING = "等您答复";
export const ANSWERED = "已答复，等来信人";
export const closed = (purge) => `已办结，${purge.slice(0, 4)}年${later(purge, 0)}那一周删除`;
export const weekOf = (week) => `${later(week, 0)}那一周来的`;
export const UNREADABLE = "打不开";
export const UNREADABLE_LONG = "这一条用您的密钥打不开：是您任职以前来的，或者不完整。请原来的承办人办交接。";
export const NO_KIND = "没有写类别";
export const nothing = "没有来信。";
export const counted = (waiting, late) => `等答复${waiting}件，其中超过10天${late}件。`;
export const picked = (count) => `把选中的${count}件办结`;
export const bulkSure = (count) => `${count}件会直接办结，不答复，180天后删除。请确认都是乱写的、重复的。`;
export const BULK_DONE = "已办结。";
export const ANSWER_SENT = "已发出。";
export const ANSWER_NOT_SENT = "没有发出，写的还在，请再试一次。";
export const ANSWER_EMPTY = "请写答复，或者选一个新的进展。";
export const SEEN_TEXT = "承办人已看。";
export const CLOSED_TEXT = "已办结。";
export const TRANSFERRED_TEXT = "已原样转上级纪检机关。";
export const HANDOVER_TEXT = "交接：把以前的来信转给现在的承办人。";
export const FILE_CARE = "不是图片的附件，打开前请先查毒。";
export const HANDED_OVER = "由原来的承办人交接来的。";
export const HANDED = "交接好了。现在名单上的承办人都打得开。";
export const LOGIN_AGAIN = "登录已过期，请重新登录。";
export const PRACTISING = "练习的承办人";
export const practiceLetter = "【提建议】\n这是一封练习用的来信。主题党日能不能提前一周通知，值班的同志好换班？";
export const practiceFollowUp = "补充一句：我值夜班，下午两点以后方便。";
export const practiceReport = "【举报违纪】\n这也是练习用的。反映某项目采购没有比价。写得不细，请照“原样转送”练一遍。";

const DUE = {
  breach: "举报：{n}个工作日内原样转上级，支部不自行调查。",
  accusation: "控告：{n}个工作日内原样转上级，支部不自行调查。",
};

// What is to be done by when, for a kind; `transfer` in working days, counted from the end of the week it came in.
export function due(kind, week, transfer) {
  if (DUE[kind]) return `${DUE[kind].replace("{n}", transfer)}从${endOf(week)}算起，到${workingDay(week, transfer)}（待核）。`;
  return `15天内告诉来信人是否受理，到${later(week, 6 + 15)}；60天内办结，到${later(week, 6 + 60)}（待核）。`;
}

const endOf = (week) => later(week, 6);

function later(day, days) {
  const found = new Date(`${day}T00:00:00Z`);
  found.setUTCDate(found.getUTCDate() + days);
  return `${found.getUTCMonth() + 1}月${found.getUTCDate()}日`;
}

// Saturdays and Sundays are counted out, holidays are not known here: hence 待核.
function workingDay(week, count) {
  return later(week, 6 + count + 2 * Math.floor((count - 1) / 5));
}

export const TRANSFER_TO = "对方的收件公钥（age1开头）不对。没有公钥的，请选“用口令”。";
export const transferPassphrase = (words) => `口令：${words}\n请打电话或当面告诉收件人，不要和文件一起发。`;
export const transferDone = (name) => `已存成${name}。收件人用通用的age程序就能打开，再解包（tar）。`;
export const letterHead = (desk, week) => `保密反映\n交给：${deskLine(desk)}\n来的时间：${weekOf(week)}\n`;
export const letterPiece = (who, note, text) => `\n—— ${who}${note ? `（${note}）` : ""} ——\n${text}\n`;
export const letterFile = (name) => `〔附件：${name}〕\n`;
export const LOCKING = "再过1分钟没有操作，就自动锁上。没发出的答复会丢。";
