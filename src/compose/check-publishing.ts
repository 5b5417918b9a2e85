import { type Check, check } from '../commands/check.ts';
import type { Config } from '../config/config.ts';
import { stratum0Health } from '../ingest/cvmfs/health.ts';
import type { Log } from '../ports.ts';
import { artifactSigner, stratum0, transportTo } from './adapters.ts';

/** What `stratobot doctor` looks at where artifacts are signed: that ssh-keygen is there and takes the key. */
export async function* checkSigning(config: Config): AsyncIterable<Check> {
  const signer = artifactSigner(config);
  if (signer === null) return;
  const remedy =
    'ssh-keygen (OpenSSH) must be installed; the key has no passphrase and is closed to others (chmod 600)';
  yield check('signing key', remedy, async () => {
    await signer.sign('a text that is signed to see whether it can be');
    return `${config.signingKeyFile} signs for ${config.instance}`;
  });
}

/** Each Stratum 0: that it is reached, healthy, and has room. */
export async function* checkPublishers(config: Config, log: Log): AsyncIterable<Check> {
  const clock = { now: () => Date.now() };
  for (const settings of config.publishers) {
    if (settings.kind !== 'cvmfs') continue;
    yield check(
      `Stratum 0 of ${settings.repository}`,
      'see docs/manual/cvmfs.md for what it needs',
      async () => {
        const transport = await transportTo(settings.ssh, log);
        try {
          return await stratum0Health({ ...stratum0(settings), transport, clock, log }, settings.repository);
        } finally {
          await transport.close();
        }
      },
    );
  }
}
