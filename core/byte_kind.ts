/** Kinds of files by their first bytes, for messages about a file of another kind. */

/** Bytes that are looked at. */
const LOOKED_AT = 512;

const HEIC = "a HEIC picture";
const VIDEO = "a video";
const SOUND = "a sound";
const RAW = "a raw photograph";

/** Place of a mark, the mark in characters of Latin-1, and what it says. */
const MARKS: readonly (readonly [at: number, mark: string, kind: string])[] = [
  [0, "PK\x03\x04", "a zip archive"],
  [0, "PK\x05\x06", "an empty zip archive"],
  [0, "\x1f\x8b", "a file compressed by gzip"],
  [0, "\x1f\x9d", "a file compressed by compress"],
  [0, "BZh", "a file compressed by bzip2"],
  [0, "\xfd7zXZ\0", "a file compressed by xz"],
  [0, "\x28\xb5\x2f\xfd", "a file compressed by Zstandard"],
  [0, "\x04\x22\x4d\x18", "a file compressed by LZ4"],
  [0, "7z\xbc\xaf\x27\x1c", "a 7z archive"],
  [0, "Rar!\x1a\x07", "a RAR archive"],
  [257, "ustar", "a tar archive"],
  [0, "%PDF-", "a PDF document"],
  [0, "%!PS", "a PostScript document"],
  [0, "8BPS", "a Photoshop picture"],
  ...["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"]
    .map((brand) => [4, `ftyp${brand}`, HEIC] as const),
  [4, "ftypcrx ", RAW],
  [4, "ftyp", VIDEO],
  [0, "\0\0\0\x0cJXL ", "a JPEG XL picture"],
  [0, "\xff\x0a", "a JPEG XL picture"],
  [0, "\0\0\0\x0cjP  ", "a JPEG 2000 picture"],
  [0, "\xff\x4f\xff\x51", "a JPEG 2000 picture"],
  [0, "\0\0\x01\0", "an icon"],
  [0, "\x76\x2f\x31\x01", "an OpenEXR picture"],
  [0, "#?RADIANCE", "a Radiance picture"],
  [0, "DDS ", "a DDS texture"],
  [0, "FUJIFILMCCD-RAW", RAW],
  [0, "qoif", "a QOI picture"],
  [0, "P7\n", "a PAM picture"],
  [8, "WAVE", SOUND],
  [8, "AVI ", VIDEO],
  [0, "\x1a\x45\xdf\xa3", VIDEO],
  [0, "ID3", SOUND],
  [0, "OggS", SOUND],
  [0, "fLaC", SOUND],
  [0, "\0\x05\x16\x07", "what macOS keeps beside a file (AppleDouble)"],
  [0, "PAR1", "a Parquet file"],
  [0, "ARROW1", "an Arrow file"],
  [0, "\xff\xff\xff\xff", "an Arrow stream"],
  [0, "\x89HDF\r\n", "an HDF5 file"],
  [0, "CDF\x01", "a NetCDF file"],
  [0, "\x93NUMPY", "a NumPy array"],
  [0, "MATLAB 5.0", "a MATLAB file"],
  [0, "SQLite format 3\0", "an SQLite database"],
  [6, '\0\0{"', "a safetensors file"],
  [0, "GGUF", "a GGUF file"],
  ...[2, 3, 4, 5].map((protocol) =>
    [0, `\x80${String.fromCharCode(protocol)}`, "a pickle of Python"] as const
  ),
  [0, "\x7fELF", "a program"],
];

/** Beginnings of texts; blanks before them are passed over. */
const TEXTS: readonly (readonly [RegExp, string])[] = [
  [
    /^version https:\/\/(git-lfs|hawser)\./,
    "a Git LFS pointer (git lfs pull fetches the file itself)",
  ],
  [/^<(!doctype html|html|head|body)\b/i, "an HTML page"],
  [/^(<[?!][^>]*>\s*)*<svg\b/i, "an SVG drawing"],
  [/^(<[?!][^>]*>\s*)*<html\b/i, "an HTML page"],
  [/^<(\?xml|!|[a-z])/i, "an XML file"],
  [/^[{[]/, "a JSON file"],
];

/** UTF-8 in characters of Latin-1; its last character may be cut off. */
const UTF8 =
  /^([^\x80-\xff]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})*([\xc2-\xf4][\x80-\xbf]{0,2})?$/;

/** Control codes other than blanks. */
const CONTROL = /[^\P{Cc}\s\x80-\x9f]/u;

/** Kind of a text or of a blank file. */
function kindOfText(head: string): string | null {
  if (!/[^\0]/.test(head)) return "a file of nothing but zeros";
  const text = head.replace(/^\xef\xbb\xbf/, "").trimStart();
  const found = TEXTS.find(([mark]) => mark.test(text));
  if (found !== undefined) return found[1];
  return UTF8.test(head) && !CONTROL.test(head) ? "a text file" : null;
}

/**
 * Kind of a file that is not what it should be: a Git LFS pointer or an HTML page
 * under the name of a picture or of weights, an archive that wants to be unpacked.
 *
 * @param bytes The file, or at least its first 512 bytes where it has so many.
 * @returns A noun with its article, or `null` where the bytes say nothing.
 */
export function kindOfBytes(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return "an empty file";
  const head = String.fromCharCode(...bytes.subarray(0, LOOKED_AT));
  const marked = MARKS.find(([at, mark]) => head.startsWith(mark, at));
  return marked?.[2] ?? kindOfText(head);
}
