import type { Job } from '../ports.ts';
import { fileDeploy } from './file-deploy.ts';
import { handleDeliveries } from './handle-deliveries.ts';
import { handleDelivery } from './handle-delivery.ts';
import { openDeploy } from './open-deploy.ts';
import { placeBuilds } from './place-builds.ts';
import { reportCheck } from './report-check.ts';
import { reportLabels } from './report-labels.ts';
import { reportStatus } from './report-status.ts';
import { reportSummary } from './report-summary.ts';
import { advanceBuild } from './run-build.ts';
import { runIngest } from './run-ingest.ts';
import { runRollback } from './run-rollback.ts';
import { runWait } from './wait-for.ts';
import { watchPublication } from './watch-publication.ts';
import type { World } from './world.ts';
import { writeReply } from './write-reply.ts';

/** The story's table of contents: what each kind of queued work does. */
export async function handleJob(world: World, job: Job): Promise<void> {
  switch (job.kind) {
    case 'delivery':
      return handleDelivery(world, job.guid);
    case 'deliveries':
      return handleDeliveries(world, job.guids);
    case 'build':
      return advanceBuild(world, job.buildId);
    case 'place':
      return placeBuilds(world);
    case 'status':
      return reportStatus(world, job.requestId);
    case 'check':
      return reportCheck(world, job.buildId);
    case 'summary':
      return reportSummary(world, job.requestId);
    case 'labels':
      return reportLabels(world, job.requestId);
    case 'wait':
      return runWait(world, job.waitId);
    case 'reply':
      return writeReply(world, job.key);
    case 'deploy':
      return openDeploy(world, job.deployId);
    case 'ingest':
      return runIngest(world, job.deployId);
    case 'watch':
      return watchPublication(world, job.deployId);
    case 'rollback':
      return runRollback(world, job.deployId);
    case 'file':
      return fileDeploy(world, job.deployId);
  }
}
