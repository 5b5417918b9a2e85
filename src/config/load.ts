/** Reads the configuration file and the environment, and gives a Config or every problem at once. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Permissions } from '../domain/permission.ts';
import type { Catalogue } from '../domain/target.ts';
import { assemble, offered, permissionsOf, rulesOf } from './assemble.ts';
import { checkTogether } from './checks.ts';
import type { Config } from './config.ts';
import { ConfigDocument } from './document.ts';
import { explainIssues } from './explain.ts';
import { ConfigProblems, type Problem } from './problems.ts';
import { type ConfigFile, configFile } from './schema.ts';
import { type Environment, type KeyFlaw, readSecrets } from './secrets.ts';
import { type Identities, readIdentities } from './ssh-identities.ts';

const LARGEST_FILE = 1024 * 1024;

/**
 * Paths in the file are relative to its folder; STRATOBOT_DATA (default `data`) is relative to the working directory.
 * @param keyFlaw looks into SSH keys, so that a wrong passphrase is told here, not when the first node is dialled
 * @throws ConfigProblems with all that is wrong, when anything is
 */
export async function loadConfig(path: string, env: Environment, keyFlaw?: KeyFlaw): Promise<Config> {
  const text = await readText(path);
  const document = new ConfigDocument(path, text);
  const parsed = document.problems.length === 0 ? configFile.safeParse(document.value) : null;
  const problems = [...document.problems];
  if (parsed?.success === false) problems.push(...explainIssues(document, parsed.error.issues));
  const file = parsed?.success === true ? parsed.data : null;
  const folder = dirname(resolve(path));
  const secretProblems: Problem[] = [];
  const secrets = await readSecrets(env, { s3: file?.artifacts.s3 !== undefined, keyFlaw }, secretProblems);
  let identities: Identities = new Map();
  if (file !== null) {
    problems.push(...checkTogether(document, file), ...(await checkFolders(document, file, folder)));
    const surroundings = { folder, env, passphrase: secrets.sshPassphrase, keyFlaw };
    identities = await readIdentities(document, file, surroundings, problems);
  }
  problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  problems.push(...secretProblems);
  if (file === null || problems.length > 0) throw new ConfigProblems(path, problems);
  return assemble(file, secrets, identities, folder, resolve(env.STRATOBOT_DATA || 'data'));
}

/** What commands can refer to and who may give them: all of it is in the file. */
export interface SiteOffer {
  catalogue: Catalogue;
  /** By software repository, `owner/name`. */
  permissions: ReadonlyMap<string, Permissions>;
}

/**
 * Without the environment and its secrets.
 * @throws ConfigProblems with all that is wrong in the file
 */
export async function loadOffer(path: string): Promise<SiteOffer> {
  const document = new ConfigDocument(path, await readText(path));
  const parsed = document.problems.length === 0 ? configFile.safeParse(document.value) : null;
  const problems = [...document.problems];
  if (parsed?.success === false) problems.push(...explainIssues(document, parsed.error.issues));
  if (parsed?.success === true) problems.push(...checkTogether(document, parsed.data));
  if (parsed?.success !== true || problems.length > 0) throw new ConfigProblems(path, problems);
  return {
    catalogue: offered(parsed.data),
    permissions: new Map(
      parsed.data.software_repositories.map((one) => [
        one.github,
        permissionsOf({ permissions: rulesOf(one), deny: one.deny }),
      ]),
    ),
  };
}

async function readText(path: string): Promise<string> {
  const unreadable = (found: string, suggestion: string) =>
    new ConfigProblems(path, [
      { file: path, line: null, column: null, length: 0, source: null, found, expected: null, suggestion },
    ]);
  try {
    const { size } = await stat(path);
    if (size > LARGEST_FILE) throw unreadable('is larger than 1 MiB', 'name a Stratobot configuration');
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (error) {
    if (error instanceof ConfigProblems) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') {
      throw unreadable(
        'does not exist',
        'start from `stratobot.example.yml`, and name the file with `--config`',
      );
    }
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw unreadable('is not UTF-8', 'save it as UTF-8');
    throw unreadable(`cannot be read (${code})`, 'let the user the bot runs as read it');
  }
}

async function checkFolders(document: ConfigDocument, file: ConfigFile, folder: string): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const [index, { repos_cfg_dir }] of file.pools.entries()) {
    if (repos_cfg_dir === undefined) continue;
    const found = await stat(resolve(folder, repos_cfg_dir)).catch(() => null);
    if (found?.isDirectory()) continue;
    problems.push(
      document.atValue(['pools', index, 'repos_cfg_dir'], {
        found: `there is no folder \`${repos_cfg_dir}\``,
        expected: null,
        suggestion: 'mend the path, or leave the key out',
      }),
    );
  }
  for (const [index, { allowed_signers }] of file.publishers.entries()) {
    if (allowed_signers === undefined) continue;
    const found = await stat(resolve(folder, allowed_signers)).catch(() => null);
    if (found?.isFile()) continue;
    problems.push(
      document.atValue(['publishers', index, 'allowed_signers'], {
        found: `there is no file \`${allowed_signers}\``,
        expected: null,
        suggestion: 'see “Signing” in docs/manual/running.md for what is in it',
      }),
    );
  }
  return problems;
}
