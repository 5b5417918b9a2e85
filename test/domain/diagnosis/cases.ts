import { BUILD } from './cases/build.ts';
import type { Case } from './cases/case.ts';
import { CONFIGURATION } from './cases/configuration.ts';
import { DOWNLOAD } from './cases/download.ts';
import { INFRASTRUCTURE } from './cases/infrastructure.ts';

/** Every log whose cause a rule must find. */
export const CASES: readonly Case[] = [...BUILD, ...CONFIGURATION, ...DOWNLOAD, ...INFRASTRUCTURE];
