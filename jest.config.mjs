/** Tests run as ES modules on TypeScript that esbuild strips; type errors are `npm run typecheck`'s business. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/scripts/jest-transform.mjs' },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json'],
  globalSetup: '<rootDir>/test/support/database-server.mjs',
  globalTeardown: '<rootDir>/test/support/stop-database-server.mjs',
  maxWorkers: 2,
  testTimeout: 30000,
};
