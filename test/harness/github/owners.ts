/** What becomes of repositories without a webhook of the App's: deleted, renamed, or full of old comments. */
import { Act } from './act.ts';
import { addComment } from './actions/issues.ts';
import { People } from './people.ts';
import { fullName } from './world.ts';

/** A token that an installation was given. */
export interface GivenToken {
  secret: string;
  permissions: Readonly<Record<string, string>>;
  /** Names; null: all of the installation. */
  repositories: readonly string[] | null;
}

export class Owners extends People {
  /** As its owner deletes it; a pull request from it stays, and no longer says where it came from. */
  deleteRepository(name: string): void {
    this.world.repository(name).isDeleted = true;
    this.world.repositories.delete(name.toLowerCase());
  }

  /** Gives a repository another name; GitHub leads requests for the old one on by its id. */
  renameRepository(before: string, name: string): void {
    const repo = this.world.repository(before);
    repo.name = name;
    this.#isNow(before, fullName(repo));
  }

  /** Gives a repository to another account, under the same name; requests for the old place are led on. */
  transferRepository(before: string, owner: string): void {
    const repo = this.world.repository(before);
    repo.owner = this.world.account(owner);
    this.#isNow(before, fullName(repo));
  }

  #isNow(before: string, now: string): void {
    const repo = this.world.repository(before);
    this.world.repositories.delete(before.toLowerCase());
    this.world.formerNames.set(before.toLowerCase(), repo);
    this.world.formerNames.delete(now.toLowerCase());
    this.world.repositories.set(now.toLowerCase(), repo);
  }

  /** Every token that was given so far, and what it was asked for. */
  get tokens(): readonly GivenToken[] {
    const names = new Map([...this.world.repositories.values()].map((repo) => [repo.id, fullName(repo)]));
    return [...this.world.tokens].map(([secret, { permissions, repositories }]) => ({
      secret,
      permissions,
      repositories: repositories?.map((id) => names.get(id) ?? String(id)) ?? null,
    }));
  }

  /** Many comments of long ago, which no webhook tells of any more. */
  commentOften(repoName: string, number: number, options: { by: string; body: string; times: number }): void {
    const issue = this.world.issue(this.world.repository(repoName), number);
    const act = new Act(this.world, this.world.account(options.by));
    for (let time = 0; time < options.times; time += 1) addComment(act, issue, options);
  }
}
