import type { IncomingMessage, ServerResponse } from 'node:http';
import { escapeHtml } from './html.ts';
import { send } from './send.ts';

/** Whoever follows the bot's address should see what answers there. */
export function sendPage(
  request: IncomingMessage,
  response: ServerResponse,
  { instance, publicUrl }: { instance: string; publicUrl: string },
): void {
  const body = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(instance)}</title></head>
<body>
<h1>${escapeHtml(instance)}</h1>
<p>A Stratobot: it builds software for pull requests and publishes what two people approved.
Comment <code>bot: help</code> on a pull request to see what it can do.</p>
<p><a href="${escapeHtml(publicUrl)}/health">Health</a></p>
</body>
</html>
`;
  send(request, response, { status: 200, type: 'text/html; charset=utf-8', body });
}
