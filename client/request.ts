// The API from a mini-program: one typed call an operation. Any HTTP status lands in `success` of wx.request, so that
// the body's `code` and `message` tell what is the matter; `fail` means that nothing came back at all.
import type { Operations } from "./zhibu";

export type Operation = keyof Operations;
export type Given<K extends Operation> = Operations[K]["given"];
export type Answer<K extends Operation> = Operations[K]["answer"];
type Files = { [K in Operation]: Answer<K> extends ArrayBuffer ? K : never }[Operation];
type Json = Exclude<Operation, Files>;
type Method = Operation extends `${infer M} ${string}` ? M : never; // wx.request knows no PATCH: tsc would say so
type Rest<K extends Operation> = {} extends Given<K> ? [given?: Given<K>] : [given: Given<K>];

interface Parts {
  path?: Record<string, unknown>;
  query?: Record<string, unknown>;
  headers?: Record<string, unknown>;
  body?: WechatMiniprogram.IAnyObject;
}

/** The server said no: `code` is for programs, `message` a Chinese sentence for the person. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
  ) {
    super(message);
    Object.setPrototypeOf(this, Refused.prototype);
  }
}

/** No answer: no network, or the server is away. Ask again with the same Idempotency-Key and nothing is done twice. */
export class NoAnswer extends Error {
  constructor(said: string) {
    super(said);
    Object.setPrototypeOf(this, NoAnswer.prototype);
  }
}

export class Api {
  /** Of the login; kept by the caller, for example in wx.setStorageSync. */
  token = "";

  /** The server's public https address, without a slash at its end. */
  constructor(private readonly server: string) {}

  /** Ask. Rejects with Refused or NoAnswer. */
  call<K extends Json>(operation: K, ...[given]: Rest<K>): Promise<Answer<K>> {
    const { method, url, headers, body } = this.prepared(operation, given ?? {});
    return new Promise((resolve, reject) => {
      wx.request({
        url,
        method,
        header: headers,
        ...(body === undefined ? {} : { data: body }),
        success: ({ statusCode, data }) => {
          if (statusCode < 300 && statusCode !== 202) resolve((statusCode === 204 ? undefined : data) as Answer<K>);
          else reject(refusal(statusCode, data));
        },
        fail: ({ errMsg }) => reject(new NoAnswer(errMsg)),
      });
    });
  }

  /** Fetch a file, such as an xlsx; resolves with a temporary path for wx.openDocument. */
  file<K extends Files>(operation: K, ...[given]: Rest<K>): Promise<string> {
    const { url, headers } = this.prepared(operation, given ?? {});
    return new Promise((resolve, reject) => {
      wx.downloadFile({
        url,
        header: headers,
        success: ({ statusCode, tempFilePath }) => {
          if (statusCode === 200) resolve(tempFilePath);
          else reject(refusal(statusCode, wx.getFileSystemManager().readFileSync(tempFilePath, "utf8")));
        },
        fail: ({ errMsg }) => reject(new NoAnswer(errMsg)),
      });
    });
  }

  private prepared(operation: Operation, given: Parts) {
    const [method, path] = operation.split(" ") as [Method, string];
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(given.path?.[name])));
    const asked = Object.entries(given.query ?? {})
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
      .join("&");
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (this.token) headers["Authorization"] = `Bearer ${this.token}`;
    for (const [name, value] of Object.entries(given.headers ?? {})) {
      if (value !== undefined) headers[name] = String(value);
    }
    return { method, url: this.server + filled + (asked && `?${asked}`), headers, body: given.body };
  }
}

/** For the header Idempotency-Key: make one for each thing a person does, and keep it until an answer has come. */
export function key(): string {
  const part = () => Math.random().toString(36).slice(2, 12).padEnd(10, "0");
  return `${Date.now().toString(36)}-${part()}${part()}`;
}

function refusal(status: number, data: unknown): Refused {
  let said = data;
  if (typeof said === "string") {
    try {
      said = JSON.parse(said);
    } catch {
      said = undefined; // a proxy's page, not ours
    }
  }
  const { code, message } = (said ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === "string" && typeof message === "string") return new Refused(code, message, status);
  return new Refused("unreadable", "系统忙，请稍后再试。", status);
}
