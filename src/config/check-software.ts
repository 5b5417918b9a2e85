/** Whether what is said of a software repository fits the rest of the file. */
import type { ConfigDocument, Path } from './document.ts';
import { choice, pathName } from './explain.ts';
import type { Problem } from './problems.ts';
import type { ConfigFile } from './schema.ts';

export function checkSoftwareRepository(
  document: ConfigDocument,
  file: ConfigFile,
  repository: ConfigFile['software_repositories'][number],
  path: Path,
): Problem[] {
  const problems = [
    ...checkPermissions(document, file, repository.permissions, [...path, 'permissions']),
    ...checkLabels(document, repository.labels, [...path, 'labels']),
  ];
  const ids = file.repositories.map(({ id }) => id);
  (repository.easystacks ?? []).forEach(({ repository: id }, index) => {
    if (id === undefined || ids.includes(id)) return;
    const found = `a rule for easystacks refers to \`${id}\`, which is not in \`repositories\``;
    problems.push(
      document.atValue([...path, 'easystacks', index, 'repository'], { found, ...choice(id, ids) }),
    );
  });
  if (repository.github.toLowerCase() === repository.staging.toLowerCase()) {
    const found = `\`${repository.github}\` is its own staging repository`;
    problems.push(
      document.atValue([...path, 'staging'], {
        found,
        expected: 'another repository: deploy pull requests would otherwise be taken for software',
        suggestion: null,
      }),
    );
  }
  return problems;
}

type Permissions = ConfigFile['software_repositories'][number]['permissions'];

function checkPermissions(
  document: ConfigDocument,
  file: ConfigFile,
  permissions: Permissions,
  path: Path,
): Problem[] {
  const ids = file.repositories.map(({ id }) => id);
  const narrower = permissions.by_repository.flatMap((rules, index) => {
    const at = [...path, 'by_repository', index];
    const unknown = rules.repositories.flatMap((id, position) => {
      if (ids.includes(id)) return [];
      const found = `a rule for some repositories refers to \`${id}\`, which is not in \`repositories\``;
      return [document.atValue([...at, 'repositories', position], { found, ...choice(id, ids) })];
    });
    return [...unknown, ...checkRules(document, rules, at)];
  });
  return [...checkRules(document, permissions, path), ...narrower];
}

/** Publishing is what four eyes are for, so a rule that lets anybody in is a mistake there. */
function checkRules(
  document: ConfigDocument,
  rules: Omit<Permissions['by_repository'][number], 'repositories'>,
  path: Path,
): Problem[] {
  const problems: Problem[] = [];
  for (const action of ['build', 'cancel', 'priority', 'deploy', 'despite_tests', 'approve'] as const) {
    const rule = rules[action];
    if (rule === undefined) continue;
    const at = [...path, action];
    const { logins, teams, role, everyone, deny } = rule;
    const only = path.includes('by_repository') && deny.length > 0;
    if (logins.length === 0 && teams.length === 0 && role === undefined && !everyone && !only) {
      problems.push(
        document.atKey(at, {
          found: `\`${pathName(at)}\` lets nobody in`,
          expected: null,
          suggestion: "name some, for example `teams: ['EESSI/builders']`",
        }),
      );
    }
    if (everyone && action !== 'build' && action !== 'cancel') {
      problems.push(
        document.atKey([...at, 'everyone'], {
          found: `\`${pathName(at)}\` is open to everyone`,
          expected: '`logins`, `teams` or a `role`',
          suggestion: null,
        }),
      );
    }
  }
  return problems;
}

/** A label says one thing, and none that the bot sets is a command. */
function checkLabels(
  document: ConfigDocument,
  labels: ConfigFile['software_repositories'][number]['labels'],
  path: Path,
): Problem[] {
  const seen = new Set(['bot:build', 'bot:deploy']);
  return Object.entries(labels).flatMap(([key, label]) => {
    if (label === undefined) return [];
    const known = seen.has(label.toLowerCase());
    seen.add(label.toLowerCase());
    if (!known) return [];
    const found = `the label \`${label}\` says something else already`;
    return [document.atValue([...path, key], { found, expected: null, suggestion: 'take another name' })];
  });
}
