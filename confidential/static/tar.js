// Several files in one (POSIX ustar), which every system's own tools unpack: what is handed on outside the desk.
import { join, utf8 } from "./bytes.js";

// files: [{name: at most 99 ASCII characters, data: bytes}]; all times are 1970, for they would tell something.
export const tar = (files) => join(...files.flatMap(({ name, data }) => [head(name, data.length), data, rest(data.length)]), new Uint8Array(1024));

const rest = (length) => new Uint8Array((512 - (length % 512)) % 512);

function head(name, size) {
  const block = new Uint8Array(512);
  const put = (place, text) => block.set(utf8(text), place);
  put(0, name);
  put(100, "0000600\0");
  put(108, "0000000\0");
  put(116, "0000000\0");
  put(124, `${size.toString(8).padStart(11, "0")}\0`);
  put(136, "00000000000\0");
  put(148, "        ");
  put(156, "0");
  put(257, "ustar\x0000");
  const sum = block.reduce((whole, byte) => whole + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}
