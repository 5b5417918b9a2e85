/** The bot's process as `stratobot start` runs it, but one that looks every few seconds where others look every minute. */
import { createLog } from '../../src/commands/log.ts';
import { start } from '../../src/commands/start.ts';
import { startStratobot } from '../../src/compose.ts';
import { loadConfig } from '../../src/config/load.ts';

const PULSE = { reconcileMs: 3_000, catchUpMs: 2_000 };
/** The double would not mind; whether writes are paced is tested elsewhere. */
const PACING = { burst: 1000, refillMs: 100 };

const [configFile = ''] = process.argv.slice(2);
const config = await loadConfig(configFile, process.env);
process.exit(
  await start(config, createLog('info'), (what, tools) =>
    startStratobot(what, { ...tools, pacing: PACING, pulse: PULSE }),
  ),
);
