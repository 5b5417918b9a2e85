/** The S3 server as a process that can be killed and started again over its data. */
import { startS3 } from '../harness/s3.ts';

const [directory = '', port = ''] = process.argv.slice(2);
await startS3('artifacts', { directory, port: Number(port) });
