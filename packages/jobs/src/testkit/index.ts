export { eventually } from './eventually.ts';
export { exampleReport, exampleSpec } from './example-records.ts';
export { createTestDatabase, type TestDatabase } from './test-database.ts';
export { createTestServices, type TestServices } from './test-services.ts';
