const { readdirSync, readFileSync } = require('node:fs')
const { join } = require('node:path')

// One project a layer, so that `npm run check` runs the fast ones alone. jose and its like
// are ESM and are transformed; canonicalize exports itself to `import` alone, so jest is told where it lies.
const allBut = (names) => [`/node_modules/(?!(${names.join('|')})/)`]
const esm = ['jose', 'dpop', 'oauth4webapi', 'openid-client', 'canonicalize', 'temporal-polyfill', 'temporal-utils']
const mapped = {
  '/bundled-script\\.ts$': '<rootDir>/test/support/pages/page-script.ts',
  '^canonicalize$': '<rootDir>/node_modules/canonicalize/lib/canonicalize.js',
  // The source of what the package exports, as in tsconfig.json: a test needs no build.
  '^hotwork$': '<rootDir>/client/index.ts',
  '^hotwork/gate$': '<rootDir>/client/gate.ts',
  '^hotwork/cdk$': '<rootDir>/infra/cdk.ts',
  '^hotwork/(ai-sdk|langchain|openai-agents|strands|claude)$': '<rootDir>/client/adapters/$1.ts',
}
// A worker loads a module once, for all files that it runs: half of the time went into loading the same ones again.
const shared = {
  runtime: '<rootDir>/test/support/shared/runtime.cjs',
  testEnvironment: '<rootDir>/test/support/shared/environment.cjs',
  setupFiles: ['<rootDir>/test/support/seed.cjs'],
}
const onStack = ['<rootDir>/test/stack']
// A test of an adapter that needs the emulator says so: it calls `useAws`, or `onBoth`, which does.
const ofAdapters = ['test/adapters', 'test/targets'].flatMap((folder) =>
  readdirSync(join(__dirname, folder), { recursive: true })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join(folder, file)),
)
const needsEmulator = (file) => /\b(?:useAws|onBoth\w*)[(<]/.test(readFileSync(join(__dirname, file), 'utf8'))
const adapters = (name, isIn) =>
  project(name, {
    ...shared,
    roots: ['<rootDir>/test/adapters', '<rootDir>/test/targets'],
    testMatch: ofAdapters.filter(isIn).map((file) => `<rootDir>/${file}`),
  })
const project = (name, extra = {}) => ({
  displayName: name,
  // Not in the system's temporary folder, where run.ts looks for what tests leave.
  cacheDirectory: '<rootDir>/.hotwork/jest',
  // What jest looks through at its start. Code is read as it is imported.
  roots: [`<rootDir>/test/${name}`],
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  testEnvironment: 'node',
  transform: {
    '^.+\\.[cm]?[jt]s$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: allBut(esm),
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.hotwork/mutation/'],
  moduleNameMapper: mapped,
  ...extra,
})

module.exports = {
  // A test that hangs is found, and one that waits for its turn on a busy machine is not.
  testTimeout: 240_000,
  // A worker's event loop is empty at once, but a busy machine takes longer than jest's half a second to free its memory.
  // Beyond this a test has left something open.
  workerGracefulExitTimeout: 20_000,
  testSequencer: '<rootDir>/test/support/longest-first.cjs',
  globalSetup: '<rootDir>/test/support/made-once.cjs',
  globalTeardown: '<rootDir>/test/support/made-once-remove.cjs',
  projects: [
    ...['domain', 'policies', 'operations', 'channels', 'local', 'infra', 'client', 'package'].map((name) =>
      project(name, shared),
    ),
    project('http', {
      ...shared,
      roots: ['<rootDir>/test/http', '<rootDir>/test/handlers'],
      testMatch: ['<rootDir>/test/{http,handlers}/**/*.test.ts'],
    }),
    adapters('adapters', needsEmulator),
    adapters('adapters-alone', (file) => !needsEmulator(file)),
    // The toys lie in `added` folders: a copy of the tree runs their tests.
    project('seams', { testMatch: ['<rootDir>/test/seams/*.test.ts'] }),
    // What it counts is only its own where nothing else asks its deployment: run.ts runs it before all that does.
    project('cost', { roots: onStack, testMatch: ['<rootDir>/test/stack/{cost,gate-cost,sequence}.test.ts'] }),
    // It looks at what all others of the stack have done: run.ts runs it after them.
    project('written', { roots: onStack, testMatch: ['<rootDir>/test/stack/written.test.ts'] }),
    project('stack', {
      testPathIgnorePatterns: [
        '/node_modules/',
        '/test/stack/(cost|gate-cost|sequence|written).test.ts$',
        '/test/stack/swift/',
      ],
    }),
    // On the deployment whose ladder waits seconds. They mostly wait, so run.ts runs them beside `stack`.
    project('swift', { roots: onStack, testMatch: ['<rootDir>/test/stack/swift/**/*.test.ts'] }),
    // What it needs, test/agents/run.ts installs.
    project('agents', {
      // Programs of hundreds of megabytes, which the job does not install: their tests run where one is named.
      testPathIgnorePatterns:
        process.env['HOTWORK_TEST_CLAUDE'] || process.env['HOTWORK_TEST_CODEX']
          ? ['/node_modules/']
          : ['/node_modules/', '/test/agents/hosts/'],
      transformIgnorePatterns: allBut([
        ...esm,
        'ai',
        '@ai-sdk',
        '@workflow',
        '@strands-agents',
        '@anthropic-ai',
        'uuid',
      ]),
      moduleNameMapper: {
        ...mapped,
        '^zod/v4/locales/en.js$': '<rootDir>/test/agents/node_modules/zod/v4/locales/en.cjs',
      },
    }),
  ],
}
