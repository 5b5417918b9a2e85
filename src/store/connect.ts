import pg from 'pg';

/** How long a new connection may take. */
const CONNECT_TIMEOUT_MS = 10_000;
/** How long the server may work on one statement; the record asks for rows by key, nothing big. */
const STATEMENT_TIMEOUT_MS = 30_000;
/** How long an answer may take before the connection is taken for dead. */
const ANSWER_TIMEOUT_MS = 40_000;
/** How long a transaction may wait for us between two statements. */
const IDLE_TRANSACTION_TIMEOUT_MS = 60_000;

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pg.types.builtins.INT8 ? safeInteger : pg.types.getTypeParser(oid, format),
};

/** bigint columns hold ids and unix milliseconds: far below 2^53. */
function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`not a safe integer: ${text}`);
  return value;
}

/** Settings of every connection of the store. */
export function connection(databaseUrl: string): pg.ClientConfig {
  return {
    connectionString: databaseUrl,
    application_name: 'stratobot',
    types,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
  };
}
