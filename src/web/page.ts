import type { IncomingMessage, ServerResponse } from 'node:http';
import { type NodeNow, nodeWord } from '../domain/node-now.ts';
import { escapeHtml } from './html.ts';
import { send } from './send.ts';

/** Whoever follows the bot's address should see what answers there, and which build nodes it can use. */
export async function sendPage(
  request: IncomingMessage,
  response: ServerResponse,
  { instance, publicUrl, nodes }: { instance: string; publicUrl: string; nodes(): Promise<NodeNow[]> },
): Promise<void> {
  const rows = (await nodes()).map((node) => {
    const word = nodeWord(node);
    const state = word === 'refused' ? 'refused: its host key or ours is not the one expected' : word;
    const cells = [node.name, `${node.jobs} of ${node.slots}`, state].map(escapeHtml);
    return `<tr><td>${cells.join('</td><td>')}</td></tr>`;
  });
  const body = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(instance)}</title></head>
<body>
<h1>${escapeHtml(instance)}</h1>
<p>A Stratobot: it builds software for pull requests and publishes what two people approved.
Comment <code>bot: help</code> on a pull request to see what it can do.</p>
<table>
<thead><tr><th>build node</th><th>jobs</th><th>state</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
<p><a href="${escapeHtml(publicUrl)}/health">Health</a></p>
</body>
</html>
`;
  send(request, response, { status: 200, type: 'text/html; charset=utf-8', body });
}
