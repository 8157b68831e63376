/** What test/mutation/run.ts tells of each folder. */
const { HOTWORK_MUTATE: folder, HOTWORK_MUTATION_STATE: state } = process.env

export default {
  testRunner: 'jest',
  jest: { configFile: 'test/mutation/jest.config.cjs', enableFindRelatedTests: false },
  coverageAnalysis: 'perTest',
  mutate: [`functions/${folder}/**/*.ts`],
  // Words are held by other tests, and a kind that is '' is refused by the compiler.
  mutator: { excludedMutations: ['StringLiteral'] },
  // What is computed when a module is loaded, such as a zod schema: each would need all tests again.
  ignoreStatic: true,
  concurrency: Number(process.env.HOTWORK_MUTATION_WORKERS ?? 1),
  timeoutMS: 30_000,
  dryRunTimeoutMinutes: 120,
  incremental: true,
  incrementalFile: `${state}/incremental.json`,
  jsonReporter: { fileName: `${state}/report.json` },
  htmlReporter: { fileName: `${state}/report.html` },
  reporters: ['json', 'html', 'progress-append-only'],
  tempDirName: '.hotwork/mutation/sandbox',
  ignorePatterns: [
    '*',
    ...['functions', 'policies', 'examples', 'client', 'docs', 'test'].map((kept) => `!${kept}/**`),
    'test/agents',
    '!jest.config.cjs',
    '!package.json',
  ],
  allowEmpty: true,
  disableTypeChecks: false,
}
