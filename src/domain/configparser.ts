/**
 * Reads INI text the way Python's configparser (default settings) does, which the scripts on build nodes write with. More
 * lenient where that would give up: what cannot be read is passed over, of a key or section given twice the last wins.
 */

/** Keys in small letters; values with their lines joined by a newline. */
export type IniSection = ReadonlyMap<string, string>;

interface OpenOption {
  section: Map<string, string[]>;
  key: string;
  indent: number;
}

/** Sections by name. Never throws; linear in the length of the text. */
export function readIni(text: string): ReadonlyMap<string, IniSection> {
  const sections = new Map<string, Map<string, string[]>>();
  let section: Map<string, string[]> | null = null;
  let open: OpenOption | null = null;
  for (const line of text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)) {
    const value = line.trim();
    if (/^[#;]/.test(value)) continue;
    if (value === '') {
      open?.section.get(open.key)?.push('');
      continue;
    }
    const indent = line.length - line.trimStart().length;
    if (open !== null && indent > open.indent) {
      open.section.get(open.key)?.push(value);
      continue;
    }
    open = null;
    const header = sectionName(value);
    if (header !== null) {
      section = sections.get(header) ?? new Map();
      sections.set(header, section);
      continue;
    }
    const cut = value.search(/[=:]/);
    if (section === null || cut < 1) continue;
    const key = value.slice(0, cut).trimEnd().toLowerCase();
    section.set(key, [value.slice(cut + 1).trim()]);
    open = { section, key, indent };
  }
  return new Map([...sections].map(([name, options]) => [name, joined(options)]));
}

function sectionName(value: string): string | null {
  if (!value.startsWith('[')) return null;
  const end = value.lastIndexOf(']');
  return end > 1 ? value.slice(1, end) : null;
}

/** Interpolation is undone as far as these files use it: `%%` is a percent sign. */
function joined(options: ReadonlyMap<string, string[]>): IniSection {
  return new Map([...options].map(([key, lines]) => [key, lines.join('\n').trimEnd().replaceAll('%%', '%')]));
}
