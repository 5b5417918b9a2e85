#!/usr/bin/env node
import { runCommandLine } from './commands/command-line.ts';

// Not exitCode: what did not end in time must not keep the process alive.
process.exit(await runCommandLine(process.argv.slice(2)));
