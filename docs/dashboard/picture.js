// Packs a screenshot into a smaller PNG, and notes in it which dashboard it shows: a chunk of text with the checksum of
// dashboard.json, which a test looks for.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import sharp from "sharp";

const [, , screenshot, dashboard, picture] = process.argv;
const checksum = createHash("sha256").update(readFileSync(dashboard)).digest("base64");
// Lines and letters on flat colours: 256 of them are enough, without noise between them.
const png = await sharp(screenshot).png({ palette: true, effort: 10, dither: 0 }).toBuffer();

// The first chunk is the header: 8 bytes before it, 25 of its own.
const HEADER_ENDS = 8 + 25;
writeFileSync(picture, Buffer.concat([
  png.subarray(0, HEADER_ENDS), chunk("tEXt", `dashboard.json\0sha256-${checksum}`), png.subarray(HEADER_ENDS),
]));

function chunk(type, text) {
  const body = Buffer.from(type + text, "latin1");
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length - type.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
