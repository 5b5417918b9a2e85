/** Why a line with `bot:` in it is no command; `prose`: it stands behind other words. */
export type IgnoredReason = 'quote' | 'code-block' | 'inline-code' | 'html-comment' | 'markup' | 'prose';
