/** A process that publishes one deploy, to be killed: `node publish-once.ts '{"options": …, "deploy": …}'`. */
import { cvmfsPublisher } from '../../../src/ingest/cvmfs/publisher.ts';
import { localTransport } from '../../../src/transport/local.ts';
import { silent } from '../log.ts';

const { options, deploy } = JSON.parse(process.argv[2] ?? '');
const clock = { now: () => Date.now() };
await cvmfsPublisher({ ...options, transport: localTransport(), log: silent, clock }).publish(deploy);
