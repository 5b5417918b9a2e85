import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Debian's Chromium; scripts/prepare-tests.ts installs it. */
const CHROMIUM = '/usr/bin/chromium';

/** False where a test that needs a browser is left out; with CI set it fails instead. */
export const hasBrowser = existsSync(CHROMIUM) || Boolean(process.env.CI && process.env.CI !== 'false');

/** A real browser without a window, which talks to nobody but the pages under test. */
export async function startBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      // Root has no sandbox; the pages are ours.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}
