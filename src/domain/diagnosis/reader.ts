/** Reads a log line by line and keeps what may explain a failure: a bounded number of findings, never the log. */
import { ruleFor } from './rules.ts';
import { keyBlocks } from './secrets.ts';
import { addressIn, baseName, plain } from './text.ts';
import type { Rank, Rule } from './types.ts';

/** An excerpt is at most 30 lines: these, the line itself, and those. */
const LINES_BEFORE = 10;
const LINES_AFTER = 19;
/** What is shown when no line explains anything. */
const LAST_LINES = 30;
const MOST_FAILED_TESTS = 50;
/** How far back the error of a command may stand that make ignores. */
const FORGIVEN_LINES = 40;

interface Line {
  number: number;
  text: string;
}

/** A line that a rule knows, and what stands around it. */
export interface Finding {
  rule: Rule;
  text: string;
  groups: string[];
  line: number;
  rest: string[];
  before: string[];
  after: string[];
  url: string | null;
  extension: string | null;
}

/** The first finding of each rank. */
type Findings = Record<Rank, Finding | null>;

/** One package between `== building and installing` and its end. */
export interface Section {
  module: string | null;
  easyconfig: string | null;
  extension: string | null;
  findings: Findings;
}

interface FailedTest {
  name: string;
  text: string;
  line: number;
  before: string[];
  after: string[];
}

/** What a whole log had to say. */
export interface Found {
  /** The first package that EasyBuild gave up, or the one that was being built when the log ended. */
  failed: Section | null;
  /** Outside packages: before one failed (or with none), and after. */
  loose: Findings;
  afterwards: Findings;
  /** From the first check of ReFrame on. */
  testing: Findings;
  failedTests: FailedTest[];
  /** Why the first of them failed, as the summary at the end says. */
  testReason: string | null;
  lastLines: Line[];
}

const PROCESSING = /^== processing EasyBuild easyconfig (\S{1,500})/;
const BUILDING = /^== building and installing (\S{1,300}?)\.\.\.$/;
const EXTENSION = /^== installing extension (\S{1,100}) \S{1,100} \(\d{1,5}\/\d{1,5}\)/;
const STEP =
  /^== (?:fetching files|creating build dir|unpacking|patching|preparing|configuring|building|testing|installing|taking care of extensions|restore after iterating|postprocessing|sanity checking|cleaning up|creating module|permissions|packaging)\b/;
const COMPLETED = /^== COMPLETED: Installation ended successfully/;
const FAILED = /^(?:== )?FAILED: Installation ended unsuccessfully/;
const GIVEN_UP = /^ERROR: (?:Build|Installation) of (\S{1,500}?\.eb) failed/;
const IN_STEP_FOR = / step for (\S{1,300}\.eb)\b/;
const IGNORED = /^g?make(?:\[\d{1,4}\])?: \[.{1,300}\] Error \d{1,4} \(ignored\)/;
const CHECKS_START = /^\[={10}\] Running \d{1,9} check/;
const CHECK_FAILED = /^\[ {1,20}FAIL {1,20}\] \(\d{1,9}\/\d{1,9}\) ([A-Za-z0-9_.+-]{1,200})/;
/** Lines that say what is fetched next. */
const FETCHING = /download|fetch|curl|wget|clon|^--\d{4}-/i;
/** ReFrame's summary of failures. */
const REASON = /^\s{0,6}\* Reason: (.{1,400})/;

export function logReader(): { line(raw: string, number: number): void; end(): Found } {
  const hideKeys = keyBlocks();
  let recent: Line[] = [];
  let open: { line: number; after: string[] }[] = [];
  let section: Section | null = null;
  let nextEasyconfig: string | null = null;
  let testing = false;
  let url: string | null = null;
  const found: Found = {
    failed: null,
    loose: nothing(),
    afterwards: nothing(),
    testing: nothing(),
    failedTests: [],
    testReason: null,
    lastLines: [],
  };

  return {
    line(raw, number) {
      const text = hideKeys(plain(raw));
      const overwritten = recent.at(-1)?.number === number;
      for (const one of open) {
        if (overwritten) one.after.pop();
        if (one.line !== number) one.after.push(text);
      }
      if (open.length > 0) open = open.filter((one) => one.after.length < LINES_AFTER);
      if (text !== '') read(text, number);
      remember({ number, text });
    },
    end() {
      found.failed ??= section;
      return { ...found, lastLines: recent.slice(-LAST_LINES) };
    },
  };

  function read(text: string, number: number): void {
    if (text.startsWith('== ')) follow(text);
    else if (text.startsWith('ERROR: ')) easyconfigFailed(text);
    else if (text.startsWith('[')) check(text, number);
    else if (IGNORED.test(text)) forgive(number);
    if (testing) found.testReason ??= REASON.exec(text)?.[1] ?? null;
    if (text.includes('http') && FETCHING.test(text)) url = addressIn(text) ?? url;
    // EasyBuild quotes a command's output inside one line, with its line ends as \n.
    const parts = text.includes('\\n') && text.includes('failed') ? text.split('\\n') : [text];
    for (const [index, part] of parts.entries()) judge(part, number, () => parts.slice(index + 1));
    if (FAILED.test(text)) endSection(text);
  }

  /** make said that it goes on after an error: the lines just above were no cause. */
  function forgive(number: number): void {
    const here = findingsHere();
    if (here.cause !== null && number - here.cause.line <= FORGIVEN_LINES) here.cause = null;
  }

  /** EasyBuild's progress: what is followed by the next step, or by a success, was no cause. */
  function follow(text: string): void {
    const processing = PROCESSING.exec(text);
    if (processing) {
      nextEasyconfig = baseName(processing[1] ?? '');
      return;
    }
    const building = BUILDING.exec(text);
    if (building) {
      const [, module = ''] = building;
      section = { module, easyconfig: fits(nextEasyconfig, module), extension: null, findings: nothing() };
      nextEasyconfig = null;
      return;
    }
    if (COMPLETED.test(text)) {
      section = null;
      if (found.failed === null) found.loose = nothing();
      return;
    }
    const extension = EXTENSION.exec(text);
    if (section !== null && (extension || STEP.test(text))) {
      section.findings = nothing();
      section.extension = extension?.[1] ?? null;
      url = null;
    }
  }

  function easyconfigFailed(text: string): void {
    const name = GIVEN_UP.exec(text)?.[1];
    if (name === undefined) return;
    const easyconfig = baseName(name);
    const one = section ?? found.failed;
    if (one === null) {
      found.failed = { module: null, easyconfig, extension: null, findings: found.loose };
      found.loose = nothing();
    } else if (one.easyconfig === null && (one.module === null || fits(easyconfig, one.module) !== null)) {
      one.easyconfig = easyconfig;
    }
  }

  function endSection(text: string): void {
    const easyconfig = IN_STEP_FOR.exec(text)?.[1] ?? null;
    const ended: Section = section ?? {
      module: null,
      easyconfig: null,
      extension: null,
      findings: found.loose,
    };
    ended.easyconfig ??= easyconfig;
    if (found.failed === null) {
      if (section === null) found.loose = nothing();
      found.failed = ended;
    } else if (section === null) {
      found.failed.easyconfig ??= easyconfig;
    }
    section = null;
  }

  function check(text: string, number: number): void {
    if (CHECKS_START.test(text)) testing = true;
    const name = testing ? CHECK_FAILED.exec(text)?.[1] : undefined;
    if (name === undefined || found.failedTests.length >= MOST_FAILED_TESTS) return;
    if (found.failedTests.some((one) => one.name === name)) return;
    const failed = { name, text, line: number, before: before(), after: [] };
    found.failedTests.push(failed);
    open.push(failed);
  }

  function judge(text: string, number: number, rest: () => string[]): void {
    const hit = ruleFor(text);
    if (hit === null) return;
    const { rule, match } = hit;
    const place = findingsHere();
    if (place[rule.rank] !== null) return;
    const finding: Finding = {
      rule,
      text,
      groups: match.slice(1).map((group) => group ?? ''),
      line: number,
      rest: rest(),
      before: before(),
      after: [],
      url,
      extension: section?.extension ?? null,
    };
    place[rule.rank] = finding;
    open.push(finding);
  }

  function findingsHere(): Findings {
    if (testing) return found.testing;
    if (section !== null) return section.findings;
    return found.failed === null ? found.loose : found.afterwards;
  }

  function before(): string[] {
    return recent.slice(-LINES_BEFORE).map((line) => line.text);
  }

  function remember(line: Line): void {
    if (recent.at(-1)?.number === line.number) recent.pop();
    recent.push(line);
    if (recent.length > 2 * LAST_LINES) recent = recent.slice(-LAST_LINES);
  }
}

function nothing(): Findings {
  return { machine: null, cause: null, symptom: null, guess: null };
}

/** `GROMACS-2024.4-foss-2023b.eb` belongs to the module `GROMACS/2024.4-foss-2023b`; null when it does not. */
function fits(easyconfig: string | null, module: string): string | null {
  return easyconfig === `${module.replaceAll('/', '-')}.eb` ? easyconfig : null;
}
