/**
 * What `scion up` forks for each of its services: `service-entry.js MODULE` runs the module (an entry such as the API's). The
 * channel to the parent closes when the parent is gone, however it went; a service without it would keep the port and the data
 * folder's database busy, so it ends at once. What it was doing is safe in the database, as after any crash.
 */
process.once('disconnect', () => process.exit(1));
// The listener alone would keep a service alive that has closed everything else.
process.channel?.unref();

const module = process.argv[2];
if (module === undefined) throw new Error('Usage: service-entry.js MODULE');
await import(module);
