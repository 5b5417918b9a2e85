import { malformed } from './header.ts';

/** What a pax header says of the next member, as far as it matters here. */
export interface PaxFields {
  path?: string;
  link?: string;
  size?: number;
  /** GNU's ways to store a file with holes: its content is not what the header says. */
  sparse?: true;
  /** Its real path, where `path` is a made-up one for tools that know no sparse files. */
  sparsePath?: string;
  /** An extended attribute that gives the file privileges. */
  capability?: true;
}

/** Reads the records `<length> <key>=<value>\n` of a pax header (POSIX.1-2017 "pax Extended Header"). */
export function readPax(content: Buffer): PaxFields {
  const fields: PaxFields = {};
  let at = 0;
  while (at < content.length) {
    const space = content.indexOf(0x20, at);
    const digits = space < 0 ? '' : content.toString('latin1', at, space);
    const end = at + Number(digits);
    const equals = content.indexOf(0x3d, space);
    if (!/^[1-9]\d{0,9}$/.test(digits) || end > content.length || content[end - 1] !== 0x0a) {
      throw malformed('an extended header that cannot be read');
    }
    if (equals < 0 || equals >= end) throw malformed('an extended header without a value');
    set(fields, content.toString('utf8', space + 1, equals), content.toString('utf8', equals + 1, end - 1));
    at = end;
  }
  return fields;
}

function set(fields: PaxFields, key: string, value: string): void {
  if (key === 'path') fields.path = value;
  else if (key === 'linkpath') fields.link = value;
  else if (key === 'size') {
    if (!/^\d{1,15}$/.test(value)) throw malformed('an extended header with a size that is none');
    fields.size = Number(value);
  } else if (key.startsWith('GNU.sparse.')) {
    fields.sparse = true;
    if (key === 'GNU.sparse.name') fields.sparsePath = value;
  } else if (key.endsWith('.security.capability')) fields.capability = true;
}
