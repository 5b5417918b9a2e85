declare module '@20minutes/s3rver' {
  /** The part of the S3 server that the harness uses; the package has no types. */
  export default class S3rver {
    constructor(options: {
      address: string;
      port: number;
      silent: boolean;
      directory: string;
      allowMismatchedSignatures: boolean;
      configureBuckets: { name: string; configs: string[] }[];
    });
    /** Koa's, in the order they are called. */
    middleware: ((
      context: {
        method: string;
        path: string;
        query: Record<string, string | undefined>;
        status: number;
        type: string;
        body: unknown;
      },
      next: () => Promise<void>,
    ) => Promise<void>)[];
    run(): Promise<{ address: string; port: number }>;
    close(): Promise<void>;
  }
}
