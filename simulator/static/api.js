// Talks to the simulator's control API; every refusal becomes an Error with a Chinese sentence.

const REFUSALS = new Map([
  [400, "这一步没有成功，请检查填写的内容"],
  [404, "没有找到这个人，页面可能已经过期"],
  [409, "还没有关注公众号"],
]);

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("连不上模拟器，请确认它还在运行");
  }
  if (!response.ok) {
    throw new Error(REFUSALS.get(response.status) ?? `模拟器出错（${response.status}）`);
  }
  return response.json();
}

export const get = (path) => ask(path);

export const post = (path, fields = {}) =>
  ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(fields),
  });
