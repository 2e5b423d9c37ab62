/** SQLSTATE classes of faults that pass: connection, resources, operator intervention (shut-down, start-up), serialization. */
const transientClasses = ['08', '53', '57', '40'];
const socketCodes = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN'];
/** What the driver says, without any code, when a connection ends under a query. */
const driverMessages = /Connection terminated|timeout exceeded when trying to connect/;

/** Whether the same call may well succeed later: the database was out of reach, not opposed to it. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (socketCodes.includes(code) || (code.length === 5 && transientClasses.includes(code.slice(0, 2)))) return true;
  return driverMessages.test(error.message) || isTransient(error.cause);
}
