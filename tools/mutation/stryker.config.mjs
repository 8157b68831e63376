/** Variables that tools/mutation/run.ts sets. */
const { HOTWORK_MUTATE: folders, HOTWORK_MUTATION_WORKERS: workers } = process.env

export default {
  testRunner: 'jest',
  jest: { configFile: 'tools/mutation/jest.config.cjs', enableFindRelatedTests: false },
  coverageAnalysis: 'perTest',
  mutate: folders.split(' ').map((folder) => `${folder.startsWith('policy-tools/') ? '' : 'functions/'}${folder}/*.ts`),
  // Words have their own tests, and the compiler refuses '' as a kind.
  mutator: { excludedMutations: ['StringLiteral'] },
  // Static code, such as a zod schema: each mutant of it would need all tests.
  ignoreStatic: true,
  concurrency: Number(workers ?? 1),
  // On a busy machine a slow test would count as one that found the change.
  timeoutMS: 60_000,
  timeoutFactor: 4,
  dryRunTimeoutMinutes: 120,
  plugins: ['@stryker-mutator/jest-runner', './tools/mutation/sample.mjs'],
  checkers: ['spread'],
  reporters: ['lines', 'progress-append-only'],
  tempDirName: '.hotwork/mutation/sandbox',
  ignorePatterns: [
    '*',
    ...['functions', 'policies', 'examples', 'client', 'docs', 'infra', 'local', 'policy-tools', 'test', 'tools'].map(
      (kept) => `!${kept}/**`,
    ),
    'test/agents',
    '!jest.config.cjs',
    '!package.json',
  ],
  allowEmpty: true,
  disableTypeChecks: false,
}
