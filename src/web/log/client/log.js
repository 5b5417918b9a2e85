// Follows a log in its page. Everything from the log enters as text, never as markup.
{
  const MOST_LINES = 20_000;
  const TRY_AGAIN_MS = 15_000;
  const COLOURS = { waits: '%238b949e', goes: '%23d9a32b', good: '%233fb950', bad: '%23cf222e' };

  const element = (id) => document.getElementById(id);
  const log = element('log');
  const foot = element('foot');
  const jump = element('jump');
  const link = element('link');

  let next = Number(foot.dataset.next);
  let from = foot.dataset.from;
  /** The page stays at the end as lines come, until its reader scrolls up. */
  let sticks = foot.dataset.follows === 'true' || !location.search;
  let unseen = 0;
  let partial = element(`L${next}`);

  function lineElement(number, line) {
    const row = document.createElement('div');
    row.id = `L${number}`;
    const anchor = document.createElement('a');
    anchor.href = `#${row.id}`;
    anchor.textContent = number;
    const text = document.createElement('code');
    for (const piece of line) {
      if (typeof piece === 'string') {
        text.append(piece);
      } else {
        const span = document.createElement('span');
        span.textContent = piece[0];
        span.className = piece[1];
        text.append(span);
      }
    }
    row.append(anchor, text);
    return row;
  }

  function showPartial(line) {
    const row = line === null ? null : lineElement(next, line);
    if (partial && row) partial.replaceWith(row);
    else if (row) log.append(row);
    else partial?.remove();
    partial = row;
  }

  function addLines(lines) {
    showPartial(null);
    const skipped = Math.max(0, lines.length - MOST_LINES);
    next += skipped;
    const rows = document.createDocumentFragment();
    for (const line of lines.slice(skipped)) {
      rows.append(lineElement(next, line));
      next += 1;
    }
    log.append(rows);
    unseen += lines.length;
    if (log.childElementCount > MOST_LINES) dropOldest(log.childElementCount - MOST_LINES * 0.75);
  }

  function dropOldest(count) {
    for (let done = 0; done < count; done += 1) log.firstElementChild.remove();
    const first = Number(log.firstElementChild.id.slice(1));
    const earlier = document.createElement('a');
    earlier.href = `?line=${Math.max(1, first - 4_800)}#L${first - 1}`;
    earlier.textContent = `${(first - 1).toLocaleString('en-US')} earlier lines`;
    element('earlier').replaceChildren(earlier);
  }

  function showState({ words, tone, reason, line }) {
    const state = element('state');
    state.textContent = words;
    state.className = tone;
    element('reason').replaceChildren(
      ...reason.split('`').map((part, index) => {
        if (index % 2 === 0) return part;
        const code = document.createElement('code');
        code.textContent = part;
        return code;
      }),
    );
    if (line !== null) {
      const found = document.createElement('a');
      found.href = `?line=${line}#L${line}`;
      found.textContent = `line ${line.toLocaleString('en-US')}`;
      element('reason').append(' ', found);
    }
    document.title = `${words} · ${element('target').textContent} · build ${element('build').textContent}`;
    showIcon(tone);
  }

  function showIcon(tone) {
    const circle = `<circle cx='8' cy='8' r='7' fill='${COLOURS[tone]}'/>`;
    element('icon').href =
      `data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>${circle}</svg>`;
  }

  function showLink(text, isLive = false) {
    link.textContent = text;
    link.className = isLive ? 'live' : '';
  }

  const isAtEnd = () => scrollY + innerHeight >= document.documentElement.scrollHeight - 40;

  function settle() {
    if (sticks) scrollTo(0, document.documentElement.scrollHeight);
    showJump();
  }

  function showJump() {
    if (sticks) unseen = 0;
    jump.hidden = sticks || isAtEnd();
    jump.textContent =
      unseen > 0
        ? `↓ ${unseen.toLocaleString('en-US')} new line${unseen === 1 ? '' : 's'}`
        : '↓ newest lines';
  }

  function follow() {
    const source = new EventSource(`log/events?from=${from}`);
    const on = (name, act) => {
      source.addEventListener(name, (event) => {
        act(event);
        settle();
      });
    };
    source.onopen = () => showLink('live', true);
    on('message', (event) => {
      from = event.lastEventId;
      addLines(JSON.parse(event.data));
    });
    on('partial', (event) => showPartial(JSON.parse(event.data)));
    on('state', (event) => showState(JSON.parse(event.data)));
    on('behind', () => {
      source.close();
      if (sticks) return location.replace('log');
      showLink('the log went on meanwhile: load the page again');
    });
    on('end', () => {
      source.close();
      showLink('');
    });
    source.onerror = () => {
      showLink('connection lost, trying again');
      // A refusal ends the source; a lost connection it mends itself.
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(follow, TRY_AGAIN_MS);
    };
  }

  /** A line that was linked to but is not on this page is on another one. */
  function findLinked() {
    const number = /^#L([1-9]\d{0,9})$/.exec(location.hash)?.[1];
    if (!number) return;
    sticks = false;
    const isElsewhere = !element(`L${number}`) && Number(number) < next;
    if (isElsewhere && !location.search.includes(`line=${number}`))
      location.replace(`?line=${number}#L${number}`);
  }

  showIcon(element('state').className);
  findLinked();
  addEventListener('hashchange', findLinked);
  addEventListener('scroll', () => {
    sticks = isAtEnd();
    showJump();
  });
  jump.addEventListener('click', () => {
    if (foot.querySelector('a')) return location.assign('log');
    sticks = true;
    settle();
  });
  settle();
  if (foot.dataset.follows === 'true') follow();
}
