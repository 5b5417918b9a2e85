/**
 * The interfaces the workflow needs of the world, owned by it. Every adapter implements one of them and passes its
 * contract suite in test/contract/. Times are unix milliseconds. Errors are those of domain/errors.ts.
 */

export * from './ports/artifacts.ts';
export * from './ports/basics.ts';
export * from './ports/building.ts';
export * from './ports/github.ts';
export * from './ports/publishing.ts';
export * from './ports/queue.ts';
export * from './ports/records.ts';
export * from './ports/remains.ts';
export * from './ports/uploads.ts';
