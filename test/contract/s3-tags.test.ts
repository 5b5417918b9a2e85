/** The tags a bucket's lifecycle rules go by, as S3 is told them: the S3 server of the other tests keeps none. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCollector } from '../../src/artifacts/collector.ts';
import { s3Store } from '../../src/artifacts/s3-store.ts';
import type { ArtifactStore } from '../../src/ports.ts';
import { expectZen2, inPieces, key, nameOf } from '../harness/collecting.ts';
import { silent } from '../harness/log.ts';
import { compress, softwareMembers, tar } from '../harness/tarballs.ts';

const begun = '<InitiateMultipartUploadResult><UploadId>7</UploadId></InitiateMultipartUploadResult>';
const copied = '<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>';

let server: Server;
let store: ArtifactStore;
/** Requests that carried tags. */
let tagged: string[];
beforeEach(async () => {
  tagged = [];
  server = createServer((request, response) => {
    const { method, url = '', headers } = request;
    const told = [headers['x-amz-tagging-directive'] ?? [], headers['x-amz-tagging'] ?? []].flat();
    if (told.length > 0) tagged.push(`${method} ${url.replace(/\?.*/, '')} ${told.join(' ')}`);
    request.resume().on('end', () => {
      response.writeHead(200, { etag: '"e"', 'content-type': 'application/xml' });
      response.end(method === 'POST' ? begun : headers['x-amz-copy-source'] ? copied : '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  store = s3Store({
    endpoint: `http://127.0.0.1:${port}`,
    ...{ region: 'x', bucket: 'b', forcePathStyle: true, log: silent },
    credentials: { accessKeyId: 'key', secretAccessKey: 'a secret key' },
  });
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const metadata = { repo: 'o/r', 'pull-request': '7', commit: 'c1', target: 'x86_64/amd/zen2' };
const asQuery = 'repo=o%2Fr&pull-request=7&commit=c1&target=x86_64%2Famd%2Fzen2&stratobot=artifact';

test('an artifact says what it is about', async () => {
  const source = inPieces(compress(tar(softwareMembers()), 'gz'));
  const collected = await createCollector({ store, log: silent }).collect({
    ...{ name: nameOf('gz'), key, expect: expectZen2, source, metadata },
  });
  expect(collected.kind).toBe('stored');
  expect(tagged).toEqual([`PUT /b/${key} ${asQuery}`]);
});

test('what a node uploaded is unjudged, and no longer when it gets its key', async () => {
  await store.direct?.begin(`${key}.unjudged`, 10);
  const tags = { ...metadata, stratobot: 'artifact' };
  await store.direct?.copy(`${key}.unjudged`, key, { contentType: 'x', metadata, tags });
  expect(tagged).toEqual([`POST /b/${key}.unjudged stratobot=unjudged`, `PUT /b/${key} REPLACE ${asQuery}`]);
});
