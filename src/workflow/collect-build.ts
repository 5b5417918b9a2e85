import { Readable } from 'node:stream';
import type { Artifact, ArtifactName, Violation } from '../domain/artifact.ts';
import { parseArtifactName } from '../domain/artifact-name.ts';
import type {
  ArtifactRef,
  Build,
  BuildEvent,
  BuildState,
  JobExit,
  JobHandle,
  LossCause,
  TestOutcome,
} from '../domain/build.ts';
import { type Diagnosis, diagnoser, type Ending } from '../domain/diagnosis.ts';
import { Permanent, Retryable } from '../domain/errors.ts';
import { type Failure, type FailureClass, plainFailure } from '../domain/failure.ts';
import { type JobReport, readReport } from '../domain/job-report.ts';
import type { BuildRequest } from '../domain/request.ts';
import { parseResultFile, parseTestFile } from '../domain/result-file.ts';
import { quoteName } from '../domain/tarball-policy.ts';
import { targetName } from '../domain/target.ts';
import type { CollectResult, JobResults } from '../ports.ts';
import { collectBrought } from './bring-from-node.ts';
import { metadataOf } from './metadata.ts';
import { repositoryTarget, type World } from './world.ts';

type Outcome = Extract<BuildEvent, { kind: 'collected' | 'failed' }>;
type Collecting = Extract<BuildState, { kind: 'collecting' }>;

/** Exit codes of a job without an exit status of `bot/build.sh`: see builders/scripts/steps.sh. */
const SITE_FAILED = 125;
const NO_SCRIPT = 127;
/** Most artifacts one build may bring. */
const MAX_ARTIFACTS = 16;

/** Judges what a job left behind and brings its artifacts into the store; nothing here trusts what the job wrote. */
export async function collectBuild(
  world: World,
  build: Build,
  request: BuildRequest,
  state: Collecting,
): Promise<BuildEvent> {
  const ending = endingOf(state.exit, await world.builders.results(build.id, state.handle));
  const event = await outcomeOf(world, build, request, state, ending);
  const report = reportOf(ending);
  return report === null ? event : { ...event, report };
}

/** What the scripts say for people to read, or null. */
function reportOf({ result, tests }: ReturnType<typeof endingOf>): JobReport | null {
  const build = result === null ? null : readReport(result.description);
  const test = tests === null ? null : readReport(tests.description);
  if (build === null && test === null) return null;
  return { ...(build === null ? {} : { build }), ...(test === null ? {} : { test }) };
}

async function outcomeOf(
  world: World,
  build: Build,
  request: BuildRequest,
  state: Collecting,
  ending: ReturnType<typeof endingOf>,
): Promise<Outcome> {
  const verdict = judge(ending);
  if (verdict.kind === 'failed') {
    const diagnosis = verdict.certain ? null : await diagnoseLog(world, build.id, ending);
    return { kind: 'failed', failure: diagnosis ? fromDiagnosis(diagnosis) : verdict.failure };
  }

  const names: ArtifactName[] = [];
  for (const file of verdict.artefacts) {
    const name = parseArtifactName(file);
    if ('problem' in name)
      return failed('artifact-misnamed', `the artifact ${quoteName(file)} was refused: ${name.problem}`);
    names.push(name);
  }
  const refs: ArtifactRef[] = [];
  for (const name of names) {
    const collected = await inTurn(world, request, () => collectOne(world, build, request, state, name));
    if ('sentence' in collected) return failed(collected.code, collected.sentence);
    refs.push(collected);
  }
  return { kind: 'collected', artifacts: refs, tests: verdict.tests };
}

type Verdict =
  | { kind: 'good'; artefacts: string[]; tests: TestOutcome }
  /** `certain`: nothing in the log could say it better. */
  | { kind: 'failed'; failure: Failure; certain: boolean };

/** What is known of a job's end, its texts read by the rules of their formats. */
function endingOf(
  exit: JobExit,
  { result, test, steps }: JobResults,
): Ending & { unreadable: string | null } {
  const read = result === null ? null : parseResultFile(result);
  const tests = test === null ? null : parseTestFile(test);
  const unreadable = read !== null && 'problem' in read ? read.problem : null;
  return {
    exit,
    steps,
    result: read === null || 'problem' in read ? null : read,
    tests: tests === null || 'problem' in tests ? null : tests,
    unreadable,
  };
}

/** From the way a job ended to a verdict; why a bad one is bad is better said by its log. Pure. */
function judge({ exit, steps, result, tests, unreadable }: ReturnType<typeof endingOf>): Verdict {
  const bad = (failureClass: FailureClass, code: string, sentence: string, certain = false): Verdict => ({
    kind: 'failed',
    failure: plainFailure(failureClass, code, sentence),
    certain,
  });
  if (exit.kind === 'lost' && exit.cause)
    return bad(CLASS_OF[exit.cause], `lost-${exit.cause}`, exit.detail, true);
  if (exit.kind === 'lost')
    return bad('infrastructure', 'lost', `the job vanished without an exit status (${exit.detail})`);
  if (exit.kind === 'timed-out')
    return bad('configuration', 'time-limit', 'it was stopped at the time limit of the pool');
  if ((steps.build ?? null) === null && exit.code === SITE_FAILED) {
    return bad('configuration', 'site-failed', "the pool's `site_config_script` or `local_tmp` failed", true);
  }
  if ((steps.build ?? null) === null && exit.code !== NO_SCRIPT) {
    const sentence = `\`bot/build.sh\` was ended from outside (exit status ${exit.code})`;
    return bad('infrastructure', 'killed', sentence, true);
  }
  if (unreadable !== null) return bad('build', 'result-unreadable', unreadable, true);
  if (result === null || result.status === 'UNKNOWN') {
    const sentence = '`bot/check-build.sh` could not tell whether the build is good (status UNKNOWN)';
    return bad('configuration', 'result-unknown', sentence, result !== null && steps.build === 0);
  }
  if (result.status === 'FAILURE' || (steps.build ?? null) === null) {
    return bad('build', 'build-failed', 'the build failed');
  }
  if (result.artefacts.length === 0)
    return bad('build', 'artifact-missing', 'the build says SUCCESS but names no artifact');
  if (result.artefacts.length > MAX_ARTIFACTS) {
    const many = `the build names ${result.artefacts.length} artifacts; at most ${MAX_ARTIFACTS} are taken`;
    return bad('build', 'artifact-many', many, true);
  }
  const ran = (steps.test ?? null) !== null;
  const untold: TestOutcome = { status: ran ? 'UNKNOWN' : 'SKIPPED', passed: null, failed: null };
  return { kind: 'good', artefacts: [...new Set(result.artefacts)], tests: tests?.outcome ?? untold };
}

/** Whose matter it is that a scheduler ended a job; only what infrastructure did is tried again by itself. */
const CLASS_OF: Record<LossCause, FailureClass> = {
  time: 'configuration',
  memory: 'configuration',
  person: 'configuration',
  configuration: 'configuration',
  infrastructure: 'infrastructure',
};

/** Reads the kept log once, however long it is. */
async function diagnoseLog(world: World, buildId: number, ending: Ending): Promise<Diagnosis | null> {
  const reader = diagnoser();
  for await (const chunk of await world.logs.read(buildId, 0)) reader.write(chunk);
  return reader.end(ending);
}

function fromDiagnosis({ rule, class: failureClass, sentence, line, excerpt }: Diagnosis): Failure {
  return { code: rule, class: failureClass, sentence, line, excerpt };
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

  const withheld = await withheldBy(world, build, request, name);
  const key = world.artifactKey({ repo, pullRequest, buildId: build.id, name });
  const metadata = {
    repo,
    'pull-request': String(pullRequest),
    commit: request.headSha,
    target: targetName(build.target),
    build: String(build.id),
  };
  const expect = { target: build.target, version: repository.version };
  const artifactIn = { name, key, expect, metadata, onlyLook: withheld !== null };
  const collected =
    withheld === null && world.presigned.has(state.handle.node.split('/')[0] ?? '')
      ? await collectBrought(world, state.handle, artifactIn)
      : await collectStream(world, state.handle, artifactIn);
  if (collected === null)
    return {
      code: 'artifact-missing',
      sentence: `the build names the artifact ${quoteName(name.file)}, but there is no such file in the job's directory`,
    };
  if (collected.kind === 'refused') return refusal(name, collected.violations);
  const { sha256, bytes, url, overview, signer } = collected;
  const artifact: Omit<Artifact, 'id'> = {
    buildId: build.id,
    name: name.file,
    sha256,
    bytes,
    key,
    url,
    overview,
    upload: withheld ?? 'stored',
    signer,
    collectedAt: world.clock.now(),
  };
  if (withheld !== null) return await world.records.artifacts.add(artifact);
  const meta = metadataOf(world, artifact, request);
  const beside = (ending: string, text: string, contentType: string) =>
    world.store.put(`${key}${ending}`, Readable.from([text]), { contentType, metadata: {} });
  await beside('.meta.txt', meta, 'application/json');
  if (world.sign !== null) await beside('.meta.txt.sig', await world.sign(meta), 'text/plain');
  return await world.records.artifacts.add(artifact);
}

/** With the policy `once` two builds of a pull request that end together must not both be the first. */
async function inTurn<T>(
  world: World,
  { repo, pullRequest }: BuildRequest,
  work: () => Promise<T>,
): Promise<T> {
  if (world.served.get(repo)?.upload !== 'once') return work();
  const result = await world.records.locked(`upload:${repo}#${pullRequest}`, work);
  if (result === 'busy') throw new Retryable('another artifact of the pull request is being collected');
  return result;
}

/** The upload policy that keeps an artifact out of the store; null: it goes there. */
async function withheldBy(
  world: World,
  build: Build,
  { repo }: BuildRequest,
  { file }: ArtifactName,
): Promise<'once' | 'none' | null> {
  const policy = world.served.get(repo)?.upload ?? 'all';
  if (policy === 'none') return policy;
  return policy === 'once' && (await world.records.uploads.hasOther(build.id, file)) ? policy : null;
}

type ToCollect = Omit<Parameters<World['collector']['collect']>[0], 'source' | 'brought'>;

/** The bytes come through the bot; null when the node says that there is no such file. */
async function collectStream(
  world: World,
  handle: JobHandle,
  artifact: ToCollect,
): Promise<CollectResult | null> {
  const source = await world.builders.openArtifact(handle, artifact.name.file);
  let unreadable: unknown = null;
  source.on('error', (error) => {
    unreadable = error;
  });
  return world.collector.collect({ ...artifact, source }).catch((error) => {
    // Only what the node says of the file is the build's fault; a store that refuses is not.
    if (unreadable instanceof Permanent) return null;
    throw error;
  });
}

function refusal({ file }: ArtifactName, violations: readonly Violation[]) {
  const [first, ...others] = violations;
  const reason = first?.sentence.replace(/\.$/, '') ?? 'it breaks the tarball policy';
  const more = others.length > 0 ? `, and ${others.length} more` : '';
  return {
    code: `artifact-${first?.rule ?? 'refused'}`,
    sentence: `the artifact ${quoteName(file)} was refused: ${reason}${more}`,
  };
}

function failed(code: string, sentence: string): Outcome {
  return { kind: 'failed', failure: plainFailure('build', code, sentence) };
}
