/** How much one comment may ask for. A comment that goes beyond is refused as a whole: nothing of it is half done. */

/** What the configuration says under `limits`. */
export interface RequestLimits {
  /** Characters of one comment that are read for commands. */
  commentLength: number;
  /** Commands of one comment. */
  commandsPerComment: number;
  /** Builds of one comment: targets × repositories. */
  buildsPerRequest: number;
}

export const DEFAULT_REQUEST_LIMITS: RequestLimits = {
  /** GitHub's own. */
  commentLength: 65_536,
  commandsPerComment: 20,
  buildsPerRequest: 200,
};
