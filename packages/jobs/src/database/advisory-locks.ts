/** Numbers of PostgreSQL's advisory locks: one for each purpose, the same in every process of every version. */
export const advisoryLocks = {
  /** Of who brings the tables up to date. */
  migration: 7_263_001,
  /** Of who owns an embedded server, as long as it does. */
  embeddedServer: 7_263_002,
  /** Of who takes a job for a worker. */
  claim: 7_263_003,
  /** Of who counts what a project has before adding to it. */
  quotas: 7_263_004,
  /** Of who takes in the first admin key. */
  keys: 7_263_005,
} as const;
