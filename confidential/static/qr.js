// A QR code (ISO/IEC 18004), drawn here so that nobody else sees what is in it: bytes, level M, versions 1 to 6.
import { utf8 } from "./bytes.js";

// By version: bytes of error correction a block, blocks, bytes of data a block.
const VERSIONS = [null, [10, 1, 16], [16, 1, 28], [26, 1, 44], [18, 2, 32], [24, 2, 43], [16, 4, 27]];
const MASK = 0;
const SVG = "http://www.w3.org/2000/svg";

// An <svg> of the text with its quiet zone, named for those who cannot see it; at most 106 bytes.
export function picture(text, name) {
  const modules = matrix(text);
  const size = modules.length + 8;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", name);
  svg.setAttribute("class", "qr");
  const path = document.createElementNS(SVG, "path");
  let drawn = "";
  modules.forEach((row, y) => row.forEach((dark, x) => (drawn += dark ? `M${x + 4} ${y + 4}h1v1h-1z` : "")));
  path.setAttribute("d", drawn);
  svg.append(path);
  return svg;
}

// Rows of modules, true where dark.
export function matrix(text) {
  const bytes = utf8(text);
  const version = VERSIONS.findIndex((row) => row && bytes.length + 2 <= row[1] * row[2]);
  if (version < 0) throw new Error("too long");
  const size = 17 + 4 * version;
  const grid = Array.from({ length: size }, () => new Array(size).fill(null));
  finders(grid, version);
  fillIn(grid, codewords(bytes, VERSIONS[version]));
  format(grid);
  return grid.map((row) => row.map(Boolean));
}

function finders(grid, version) {
  const size = grid.length;
  const square = (top, left, reach, dark) => {
    for (let y = -reach; y <= reach; y += 1) {
      for (let x = -reach; x <= reach; x += 1) {
        const row = grid[top + y];
        if (row && row[left + x] !== undefined) row[left + x] = dark(Math.max(Math.abs(x), Math.abs(y)));
      }
    }
  };
  for (const [top, left] of [[3, 3], [3, size - 4], [size - 4, 3]]) square(top, left, 4, (ring) => ring !== 2 && ring !== 4);
  for (let at = 8; at < size - 8; at += 1) grid[6][at] = grid[at][6] = at % 2 === 0;
  if (version > 1) square(size - 7, size - 7, 2, (ring) => ring !== 1);
  // kept free for the format
  for (let at = 0; at < 9; at += 1) {
    if (at !== 6) grid[8][at] = grid[at][8] = false;
    if (at < 8) grid[8][size - 1 - at] = grid[size - 1 - at][8] = false;
  }
  grid[size - 8][8] = true;
}

function codewords(bytes, [correction, blocks, length]) {
  const bits = [];
  const put = (value, count) => {
    for (let at = count - 1; at >= 0; at -= 1) bits.push((value >> at) & 1);
  };
  put(4, 4);
  put(bytes.length, 8);
  bytes.forEach((byte) => put(byte, 8));
  const total = blocks * length;
  put(0, Math.min(4, total * 8 - bits.length));
  const data = [];
  for (let at = 0; at < bits.length; at += 8) {
    data.push(parseInt(bits.slice(at, at + 8).join("").padEnd(8, "0"), 2));
  }
  for (let pad = 0; data.length < total; pad += 1) data.push(pad % 2 ? 17 : 236);
  const parts = Array.from({ length: blocks }, (_, at) => data.slice(at * length, (at + 1) * length));
  const checks = parts.map((part) => remainder(part, correction));
  const woven = (rows) => rows[0].flatMap((_, at) => rows.map((row) => row[at]));
  return [...woven(parts), ...woven(checks)];
}

const LOG = new Array(256).fill(0);
const POWER = [];
for (let at = 0, value = 1; at < 255; at += 1) {
  POWER[at] = value;
  LOG[value] = at;
  value = (value << 1) ^ (value & 128 ? 0x11d : 0);
}
const times = (one, other) => (one && other ? POWER[(LOG[one] + LOG[other]) % 255] : 0);

// Reed and Solomon's check bytes.
function remainder(data, count) {
  let generator = [1];
  for (let at = 0; at < count; at += 1) {
    const next = new Array(generator.length + 1).fill(0);
    generator.forEach((value, place) => {
      next[place] ^= value;
      next[place + 1] ^= times(value, POWER[at]);
    });
    generator = next;
  }
  const rest = [...data, ...new Array(count).fill(0)];
  for (let at = 0; at < data.length; at += 1) {
    const lead = rest[at];
    generator.forEach((value, place) => (rest[at + place] ^= times(value, lead)));
  }
  return rest.slice(data.length);
}

function fillIn(grid, words) {
  const size = grid.length;
  let bit = 0;
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5;
    const upward = ((right + 1) & 2) === 0;
    for (let step = 0; step < size; step += 1) {
      for (const x of [right, right - 1]) {
        const y = upward ? size - 1 - step : step;
        if (grid[y][x] !== null) continue;
        const dark = bit < words.length * 8 && (words[bit >> 3] >> (7 - (bit & 7))) & 1;
        grid[y][x] = Boolean(dark) !== ((x + y) % 2 === 0);
        bit += 1;
      }
    }
  }
}

function format(grid) {
  const size = grid.length;
  let rest = MASK << 10; // level M is 00
  for (let at = 14; at >= 10; at -= 1) if ((rest >> at) & 1) rest ^= 0x537 << (at - 10);
  const bits = ((MASK << 10) | rest) ^ 0x5412;
  for (let at = 0; at < 15; at += 1) {
    const dark = Boolean((bits >> at) & 1);
    if (at < 6) grid[at][8] = dark;
    else if (at < 8) grid[at + 1][8] = dark;
    else grid[size - 15 + at][8] = dark;
    if (at < 8) grid[8][size - 1 - at] = dark;
    else if (at < 9) grid[8][15 - at] = dark;
    else grid[8][14 - at] = dark;
  }
}
