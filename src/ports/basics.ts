/** Time and words. */

export interface Clock {
  now(): number;
}

/** Structured log: a static message plus fields. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
