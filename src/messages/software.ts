import { isUnchanged, type SoftwareChanges } from '../domain/software-changes.ts';
import { code, count } from './markdown.ts';

/** `2 added, 1 changed`; what is done to the software of a stack, or that nothing is. */
export function softwareHeadline(software: SoftwareChanges): string {
  if (isUnchanged(software)) return 'nothing added, changed, removed or rebuilt';
  const { added, changed, removed, rebuilt } = software;
  const lists: [readonly unknown[], string][] = [
    [added, 'added'],
    [changed, 'changed'],
    [rebuilt, 'rebuilt'],
    [removed, 'removed'],
  ];
  const parts = lists.filter(([list]) => list.length > 0).map(([list, word]) => `${list.length} ${word}`);
  return [...parts, ...(software.more > 0 ? [`${count(software.more, 'more change')}`] : [])].join(', ');
}

/** One line a kind, with every name. */
export function softwareList({ added, changed, removed, rebuilt }: SoftwareChanges): string {
  const names = (list: readonly string[]) => list.map((name) => code(name)).join(', ');
  const changes = changed.map(({ from, to }) =>
    from === null ? `${code(to)} (other options)` : `${code(from)} → ${code(to)}`,
  );
  return [
    added.length > 0 && `- added: ${names(added)}`,
    changed.length > 0 && `- changed: ${changes.join(', ')}`,
    rebuilt.length > 0 && `- rebuilt: ${names(rebuilt)}`,
    removed.length > 0 && `- removed from the list, not from the stack: ${names(removed)}`,
  ]
    .filter((line) => line !== false)
    .join('\n');
}
