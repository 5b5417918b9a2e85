/** Tarballs of jobs: bytes changed before and after compression; read, listed and judged, never taken for good. */
import { parseArtifactName } from '../../src/domain/artifact-name.ts';
import { tarballPolicy } from '../../src/domain/tarball-policy.ts';
import { sentence } from '../../src/messages/markdown.ts';
import { listTarball } from '../../src/tarball/list.ts';
import { compress, inChunks, type MemberSpec, tar } from '../../test/harness/tarballs.ts';
import { harmless } from '../harmless.ts';
import type { Random } from '../random.ts';
import { promise, type Subject } from '../subject.ts';
import { pieces } from '../texts.ts';

const PREFIX = '2025.06/software/linux/x86_64/amd/zen2';
const FLAGS = [...'01234567xgLKSNDMVX', '\0', ' '];

interface Input {
  bytes: Buffer;
  chunk: number;
  compression: 'gz' | 'zst';
}

export function tarballs(): Subject<Input> {
  return {
    make(random) {
      const compression = random.once(2) ? 'gz' : 'zst';
      const plain = changed(tar(Array.from({ length: random.upTo(12) }, () => member(random))), random, 2);
      const bytes = changed(compress(plain, compression), random, 4);
      return { bytes, compression, chunk: 1 + random.upTo(4096) };
    },
    check,
    show: ({ bytes, compression, chunk }) => `${compression} ${chunk} ${bytes.toString('base64')}`,
  };
}

function member(random: Random): MemberSpec {
  const name = random.once(2) ? 'a' : pieces(random, 8);
  const path = random.once(4) ? name : `${PREFIX}/software/${name}${random.once(4) ? '/' : ''}`;
  const size = random.once(8) ? { size: random.below(2 ** 33) } : {};
  const odd = random.once(4) ? { flag: random.pick(FLAGS), link: random.once(2) ? path : '../../x' } : {};
  return { path, content: 'x'.repeat(random.upTo(1_200)), mode: random.below(0o10000), ...size, ...odd };
}

/** Once in `times` left as it is; else some bytes are others, taken away or doubled. */
function changed(bytes: Buffer, random: Random, times: number): Buffer {
  if (!random.once(times)) return bytes;
  const copy = Buffer.from(bytes);
  for (let left = 1 + random.upTo(8); left > 0; left -= 1) {
    const at = random.below(copy.length + 1);
    if (at < copy.length) copy[at] = random.below(256);
  }
  const cut = random.below(copy.length + 1);
  return random.once(3) ? copy.subarray(0, cut) : copy;
}

async function check({ bytes, compression, chunk }: Input): Promise<string> {
  const name = parseArtifactName(
    `eessi-2025.06-software-linux-x86_64-amd-zen2-1779696746.tar.${compression}`,
  );
  if ('problem' in name) throw new Error(name.problem);
  const target = { os: 'linux' as const, cpu: 'x86_64/amd/zen2', accelerator: null };
  const policy = tarballPolicy({ name, expect: { target, version: '2025.06' } });
  const problem = await listTarball(inChunks(bytes, chunk), compression, policy);
  if (problem !== null) policy.problem(problem);
  const violations = policy.end();
  for (const { sentence: text } of violations) harmless(`${sentence(text)}.`);
  promise(policy.broken() === violations.length > 0, 'what is broken says why');
  return violations[0]?.rule ?? 'good';
}
