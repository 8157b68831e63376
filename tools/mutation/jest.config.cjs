const { mkdirSync } = require('node:fs')
const { join } = require('node:path')
const { projects } = require('../../jest.config.cjs')
const { testsOf } = require('./subjects.ts')

const rootDir = join(__dirname, '../..')
const { displayName, ...domain } = projects.find((project) => project.displayName === 'domain')

// Fixtures made by the code without a mutant, in Stryker's first run, and kept for all mutants.
process.env.HOTWORK_MADE_ONCE = join(rootDir, '.hotwork/made-once')
mkdirSync(process.env.HOTWORK_MADE_ONCE, { recursive: true })

const folders = [...new Set(process.env.HOTWORK_MUTATE.split(' ').flatMap(testsOf))]

/** One project, as Stryker wants it. */
module.exports = {
  ...domain,
  // Each run loads its mutant's module.
  runtime: undefined,
  testEnvironment: 'node',
  rootDir,
  roots: ['<rootDir>/test'],
  testMatch: folders.flatMap((name) => [`<rootDir>/test/${name}/**/*.test.ts`, `<rootDir>/test/${name}.test.ts`]),
  // These files search whole spaces, and would take minutes for each mutant.
  testPathIgnorePatterns: [
    '/test/domain/model/',
    '/test/domain/break-glass/openings.test.ts',
    '/test/operations/scale.test.ts',
  ],
  testTimeout: 60_000,
  testRunner: '<rootDir>/tools/mutation/jest-circus-first-failure.cjs',
  testSequencer: '<rootDir>/tools/mutation/covering-files.cjs',
}
