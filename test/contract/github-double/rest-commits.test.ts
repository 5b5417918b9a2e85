/** REST: commits, refs, files and the pull requests made of them. */
import { describe, expect, it } from 'vitest';
import { client, freshDoubleForEachTest, github, name, openPull, received, repo } from './setup.ts';

freshDoubleForEachTest();

describe('commits and pull requests over REST', () => {
  it('opens a pull request from commits made through the API, and merges it only at the head it was told', async () => {
    const { octokit } = await client();
    const { data: main } = await octokit.git.getRef({ ...repo, ref: 'heads/main' });
    const { data: base } = await octokit.git.getCommit({ ...repo, commit_sha: main.object.sha });
    const { data: blob } = await octokit.git.createBlob({ ...repo, content: 'YQ==', encoding: 'base64' });
    const { data: tree } = await octokit.git.createTree({
      ...repo,
      base_tree: base.tree.sha,
      tree: [
        { path: 'deploy/1.json', mode: '100644', type: 'blob', content: '{}' },
        { path: 'deploy/a', mode: '100644', type: 'blob', sha: blob.sha },
        { path: 'README.md', mode: '100644', type: 'blob', sha: null },
      ],
    });
    const { data: commit } = await octokit.git.createCommit({
      ...repo,
      message: 'Deploy 1',
      tree: tree.sha,
      parents: [base.sha],
    });
    await octokit.git.createRef({ ...repo, ref: 'refs/heads/deploy/1', sha: commit.sha });
    expect(await github.filesAt(name, 'deploy/1')).toEqual(['bot/build.sh', 'deploy/1.json', 'deploy/a']);
    const { data: pull } = await octokit.pulls.create({
      ...repo,
      title: 'Deploy 1',
      head: 'deploy/1',
      base: 'main',
      body: 'see',
    });
    expect(pull).toMatchObject({ mergeable: true, changed_files: 3, commits: 1, head: { sha: commit.sha } });
    const number = { ...repo, pull_number: pull.number };
    const { data: files } = await octokit.pulls.listFiles(number);
    expect(files.map((file) => [file.filename, file.status])).toEqual([
      ['README.md', 'removed'],
      ['deploy/1.json', 'added'],
      ['deploy/a', 'added'],
    ]);
    expect((await octokit.pulls.list({ ...repo, head: 'EESSI:deploy/1' })).data).toHaveLength(1);
    expect((await octokit.pulls.listCommits(number)).data.map((one) => one.sha)).toEqual([commit.sha]);
    await github.review(name, pull.number, { by: 'bob', state: 'approved' });
    const { data: reviews } = await octokit.pulls.listReviews(number);
    expect(reviews).toMatchObject([{ state: 'APPROVED', commit_id: commit.sha, user: { login: 'bob' } }]);
    const { sha: moved } = await github.push(name, pull.number, { by: 'bob', changes: { 'deploy/b': 'b' } });
    await expect(octokit.pulls.merge({ ...number, sha: commit.sha })).rejects.toMatchObject({ status: 409 });
    const { data: merge } = await octokit.pulls.merge({ ...number, sha: moved });
    await expect(octokit.pulls.merge(number)).rejects.toMatchObject({ status: 405 });
    expect(
      (await octokit.git.getCommit({ ...repo, commit_sha: merge.sha })).data.parents.map((one) => one.sha),
    ).toEqual([base.sha, moved]);
    await octokit.git.deleteRef({ ...repo, ref: 'heads/deploy/1' });
    expect(github.violations).toEqual([]);
  });

  it('says when branches conflict', async () => {
    const pull = await github.openPullRequest(name, {
      by: 'alice',
      title: 'Mine',
      changes: { 'README.md': 'mine\n' },
    });
    await github.pushBranch(name, 'main', { by: 'bob', changes: { 'README.md': 'theirs\n' } });
    const { octokit } = await client();
    const number = { ...repo, pull_number: pull.number };
    expect((await octokit.pulls.get(number)).data).toMatchObject({
      mergeable: false,
      mergeable_state: 'dirty',
    });
    await expect(octokit.pulls.merge(number)).rejects.toMatchObject({ status: 405 });
    await octokit.pulls.update({ ...number, title: 'Ours', state: 'closed' });
    expect(github.pullRequest(name, pull.number)).toMatchObject({
      title: 'Ours',
      state: 'closed',
      merged: false,
    });
    expect(github.violations).toEqual([]);
  });

  it('moves refs forward, and back only by force', async () => {
    const pull = await openPull();
    const { octokit } = await client();
    const ref = `heads/${pull.head.ref}`;
    const update = { ...repo, ref, sha: pull.base.sha };
    await expect(octokit.git.updateRef(update)).rejects.toMatchObject({ status: 422 });
    await octokit.git.updateRef({ ...update, force: true });
    expect(github.pullRequest(name, pull.number).head.sha).toBe(pull.base.sha);
    expect((await octokit.git.listMatchingRefs({ ...repo, ref: 'heads/' })).data).toHaveLength(2);
    await expect(
      octokit.git.createRef({ ...repo, ref: 'refs/heads/main', sha: pull.base.sha }),
    ).rejects.toMatchObject({
      status: 422,
    });
    await octokit.git.deleteRef({ ...repo, ref });
    expect(github.pullRequest(name, pull.number).state).toBe('closed');
    await expect(octokit.git.getRef({ ...repo, ref })).rejects.toMatchObject({ status: 404 });
    expect(github.violations).toEqual([]);
  });

  it('reads and changes files, branches and comparisons', async () => {
    const pull = await openPull();
    const { octokit } = await client();
    const at = { ...repo, path: 'docs/new file.md' };
    const content = Buffer.from('text').toString('base64');
    const made = await octokit.repos.createOrUpdateFileContents({ ...at, message: 'Write', content });
    const blob = made.data.content?.sha ?? '';
    const wrong = { ...at, message: 'Again', content, sha: 'f'.repeat(40) };
    await expect(octokit.repos.createOrUpdateFileContents(wrong)).rejects.toMatchObject({ status: 409 });
    expect((await octokit.repos.getContent(at)).data).toMatchObject({ type: 'file', content });
    expect((await octokit.repos.getContent({ ...repo, path: 'docs' })).data).toMatchObject([
      { name: 'new file.md' },
    ]);
    expect((await octokit.repos.getContent({ ...repo, path: '' })).data).toHaveLength(3);
    const raw = await octokit.repos.getContent({ ...at, mediaType: { format: 'raw' } });
    expect(raw.data).toBe('text');
    await octokit.repos.deleteFile({ ...at, message: 'Remove', sha: blob });
    await expect(octokit.repos.getContent(at)).rejects.toMatchObject({ status: 404 });
    const { data: branch } = await octokit.repos.getBranch({ ...repo, branch: 'main' });
    const basehead = `${branch.commit.sha}...${pull.head.sha}`;
    const { data: comparison } = await octokit.repos.compareCommitsWithBasehead({ ...repo, basehead });
    expect(comparison).toMatchObject({ status: 'diverged', ahead_by: 1, behind_by: 2 });
    const { data: tree } = await octokit.git.getTree({ ...repo, tree_sha: 'main', recursive: 'true' });
    expect(tree.tree.find((entry) => entry.path === 'bot/build.sh')?.mode).toBe('100755');
    const sha = tree.tree.find((entry) => entry.path === 'README.md')?.sha ?? '';
    expect((await octokit.git.getBlob({ ...repo, file_sha: sha })).data.content).toBe(
      Buffer.from('hello\n').toString('base64'),
    );
    expect(github.violations).toEqual([]);
  });

  it('opens one pull request for a branch of a fork', async () => {
    await github.openPullRequest(name, { by: 'alice', title: 'One', changes: { one: '1' }, fork: true });
    await github.pushBranch('alice/software-layer', 'topic', { by: 'alice', changes: { two: '2' } });
    const { octokit } = await client();
    const draft = { ...repo, title: 'Two', head: 'alice:topic', base: 'main' };
    const { data: pull } = await octokit.pulls.create(draft);
    expect(pull).toMatchObject({ number: 2, head: { label: 'alice:topic', repo: { fork: true } } });
    await expect(octokit.pulls.create(draft)).rejects.toThrow(
      'A pull request already exists for alice:topic',
    );
    await expect(octokit.pulls.create({ ...draft, head: 'main' })).rejects.toThrow(
      'No commits between main and main',
    );
    const { data: commit } = await octokit.repos.getCommit({ ...repo, ref: pull.head.sha });
    expect(commit).toMatchObject({ stats: { additions: 1, deletions: 0 }, author: { login: 'alice' } });
    const [first, second] = await Promise.all([
      github.push(name, 1, { by: 'alice', changes: { a: 'a' } }),
      github.push(name, 2, { by: 'alice', changes: { b: 'b' } }),
    ]);
    const moved = received.filter(({ payload }) => payload.action === 'synchronize');
    expect(moved.map(({ payload }) => payload.after).sort()).toEqual([first.sha, second.sha].sort());
    expect(github.violations).toEqual([]);
  });
});
