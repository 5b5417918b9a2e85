/** What `<name>.meta.txt` says of an artifact, for the tools that ingest from the bucket today. */
export interface MetaText {
  uploader: { username: string; ip: string; hostname: string };
  payload: { filename: string; size: number; ctime: number; sha256sum: string; url: string };
  link2pr: { repo: string; pr: number; prCommentId: number | null };
  task?: { action: 'nop' | 'add' | 'delete' | 'update' };
}

/** Renders the JSON of `<name>.meta.txt`; its readers expect every value to be a string. `ctime` is unix ms here. */
export function renderMetaText({ uploader, payload, link2pr, task }: MetaText): string {
  const content = {
    uploader: { username: uploader.username, ip: uploader.ip, hostname: uploader.hostname },
    payload: {
      filename: payload.filename,
      size: String(payload.size),
      ctime: String(Math.floor(payload.ctime / 1000)),
      sha256sum: payload.sha256sum,
      url: payload.url,
    },
    link2pr: {
      repo: link2pr.repo,
      pr: String(link2pr.pr),
      pr_comment_id: link2pr.prCommentId === null ? '' : String(link2pr.prCommentId),
    },
    ...(task === undefined ? {} : { task: { action: task.action } }),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}
