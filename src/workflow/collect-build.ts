import { Readable } from 'node:stream';
import type { ArtifactName, Violation } from '../domain/artifact.ts';
import { parseArtifactName } from '../domain/artifact-name.ts';
import type { ArtifactRef, Build, BuildEvent, BuildState, JobExit, TestOutcome } from '../domain/build.ts';
import { Permanent } from '../domain/errors.ts';
import type { BuildRequest } from '../domain/request.ts';
import { parseResultFile, parseTestFile } from '../domain/result-file.ts';
import type { JobResults } from '../ports.ts';
import { metadataOf } from './metadata.ts';
import { repositoryTarget, type World } from './world.ts';

type Collecting = Extract<BuildState, { kind: 'collecting' }>;

/** Most artifacts one build may bring. */
const MAX_ARTIFACTS = 16;

/** Judges what a job left behind and brings its artifacts into the store; nothing here trusts what the job wrote. */
export async function collectBuild(
  world: World,
  build: Build,
  request: BuildRequest,
  state: Collecting,
): Promise<BuildEvent> {
  if (state.exit.kind !== 'exited') return failed(...exitSentence(state.exit, state));
  const results = await world.builders.results(build.id, state.handle);
  const verdict = judge(results);
  if (verdict.kind === 'failed') return failed(verdict.code, verdict.sentence);

  const names: ArtifactName[] = [];
  for (const file of verdict.artefacts) {
    const name = parseArtifactName(file);
    if ('problem' in name)
      return failed('artifact-misnamed', `the artifact ${quoted(file)} was refused: ${name.problem}`);
    names.push(name);
  }
  const refs: ArtifactRef[] = [];
  for (const name of names) {
    const collected = await collectOne(world, build, request, state, name);
    if ('sentence' in collected) return failed(collected.code, collected.sentence);
    refs.push(collected);
  }
  return { kind: 'collected', artifacts: refs, tests: verdict.tests };
}

type Verdict =
  | { kind: 'good'; artefacts: string[]; tests: TestOutcome }
  | { kind: 'failed'; code: string; sentence: string };

/** From result files and exit statuses of the steps to a verdict. Pure. */
function judge(results: JobResults): Verdict {
  const bad = (code: string, sentence: string): Verdict => ({ kind: 'failed', code, sentence });
  if (results.steps.build === undefined || results.steps.build === null) {
    return bad(
      'no-build-script',
      'there is no `bot/build.sh` in the pull request merged onto its base branch',
    );
  }
  if (results.result === null) {
    return results.steps.build === 0
      ? bad(
          'result-unknown',
          '`bot/check-build.sh` is missing or wrote no result, so nobody can tell whether the build is good',
        )
      : bad('build-failed', `\`bot/build.sh\` ended with exit status ${results.steps.build}`);
  }
  const result = parseResultFile(results.result);
  if ('problem' in result) return bad('result-unreadable', result.problem);
  if (result.status === 'UNKNOWN')
    return bad(
      'result-unknown',
      '`bot/check-build.sh` could not tell whether the build is good (status UNKNOWN)',
    );
  if (result.status === 'FAILURE') {
    const code = results.steps.build;
    return bad(
      'build-failed',
      code === 0
        ? '`bot/check-build.sh` found errors in the log'
        : `\`bot/build.sh\` ended with exit status ${code}`,
    );
  }
  if (result.artefacts.length === 0)
    return bad('artifact-missing', 'the build says SUCCESS but names no artifact');
  if (result.artefacts.length > MAX_ARTIFACTS)
    return bad(
      'artifact-many',
      `the build names ${result.artefacts.length} artifacts; at most ${MAX_ARTIFACTS} are taken`,
    );
  return { kind: 'good', artefacts: [...new Set(result.artefacts)], tests: testsOf(results) };
}

function testsOf(results: JobResults): TestOutcome {
  if (results.test !== null) {
    const outcome = parseTestFile(results.test);
    return 'problem' in outcome ? { status: 'UNKNOWN', passed: null, failed: null } : outcome.outcome;
  }
  const ran = results.steps.test !== undefined && results.steps.test !== null;
  return { status: ran ? 'UNKNOWN' : 'SKIPPED', passed: null, failed: null };
}

async function collectOne(
  world: World,
  build: Build,
  request: BuildRequest,
  state: Collecting,
  name: ArtifactName,
): Promise<ArtifactRef | { code: string; sentence: string }> {
  const { repo, pullRequest } = request;
  const known = (await world.records.artifacts.ofBuild(build.id)).find(
    (artifact) => artifact.name === name.file,
  );
  if (known) return known;
  const repository = repositoryTarget(world, build.repository);
  if (!repository)
    return {
      code: 'configuration',
      sentence: `the repository target ${build.repository} is no longer configured here`,
    };

  const key = world.artifactKey({ repo, pullRequest, buildId: build.id, name });
  const source = await world.builders.openArtifact(state.handle, name.file);
  let unreadable: unknown = null;
  source.on('error', (error) => {
    unreadable = error;
  });
  const metadata = {
    repo,
    'pull-request': String(pullRequest),
    commit: request.headSha,
    build: String(build.id),
  };
  const expect = { target: build.target, version: repository.version };
  const collected = await world.collector.collect({ name, key, expect, source, metadata }).catch((error) => {
    // Only what the node says of the file is the build's fault; a store that refuses is not.
    if (unreadable instanceof Permanent) return null;
    throw error;
  });
  if (collected === null)
    return {
      code: 'artifact-missing',
      sentence: `the build names the artifact ${quoted(name.file)}, but there is no such file in the job's directory`,
    };
  if (collected.kind === 'refused') return refusal(name, collected.violations);
  const { sha256, bytes, url, overview } = collected;
  const artifact = {
    buildId: build.id,
    name: name.file,
    sha256,
    bytes,
    key,
    url,
    overview,
    collectedAt: world.clock.now(),
  };
  const meta = metadataOf(world, artifact, request);
  await world.store.put(`${key}.meta.txt`, Readable.from([meta]), {
    contentType: 'application/json',
    metadata: {},
  });
  return await world.records.artifacts.add(artifact);
}

function refusal({ file }: ArtifactName, violations: readonly Violation[]) {
  const [first, ...others] = violations;
  const reason = first?.sentence.replace(/\.$/, '') ?? 'it breaks the tarball policy';
  const more = others.length > 0 ? `, and ${others.length} more` : '';
  return {
    code: `artifact-${first?.rule ?? 'refused'}`,
    sentence: `the artifact ${quoted(file)} was refused: ${reason}${more}`,
  };
}

/** A name the job gave, as a name in a sentence. */
function quoted(name: string): string {
  return `\`${name.replaceAll('`', "'")}\``;
}

function exitSentence(exit: Exclude<JobExit, { kind: 'exited' }>, state: Collecting): [string, string] {
  if (exit.kind === 'timed-out') {
    const hours = exit.limitSeconds / 3600;
    const limit =
      hours >= 2 ? `${Math.round(hours * 10) / 10} h` : `${Math.round(exit.limitSeconds / 60)} min`;
    return [
      'time-limit',
      `it was stopped at the pool's time limit of ${exit.limitSeconds < 120 ? `${exit.limitSeconds} s` : limit}`,
    ];
  }
  return ['lost', `the job on \`${state.handle.node}\` vanished without an exit status (${exit.detail})`];
}

function failed(code: string, sentence: string): BuildEvent {
  return { kind: 'failed', failure: { code, sentence } };
}
