/** What becomes of repositories without a webhook of the App's: deleted, renamed, or full of old comments. */
import { Act } from './act.ts';
import { addComment } from './actions/issues.ts';
import { People } from './people.ts';

export class Owners extends People {
  /** As its owner deletes it; a pull request from it stays, and no longer says where it came from. */
  deleteRepository(name: string): void {
    this.world.repository(name).isDeleted = true;
    this.world.repositories.delete(name.toLowerCase());
  }

  /** Gives a repository another name; GitHub leads requests for the old one on by its id. */
  renameRepository(fullName: string, name: string): void {
    const repo = this.world.repository(fullName);
    this.world.repositories.delete(fullName.toLowerCase());
    this.world.formerNames.set(fullName.toLowerCase(), repo);
    repo.name = name;
    const now = `${repo.owner.login}/${name}`.toLowerCase();
    this.world.formerNames.delete(now);
    this.world.repositories.set(now, repo);
  }

  /** Many comments of long ago, which no webhook tells of any more. */
  commentOften(repoName: string, number: number, options: { by: string; body: string; times: number }): void {
    const issue = this.world.issue(this.world.repository(repoName), number);
    const act = new Act(this.world, this.world.account(options.by));
    for (let time = 0; time < options.times; time += 1) addComment(act, issue, options);
  }
}
